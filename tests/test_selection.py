# Part of the SPP attendance suite. LGPL-3.
"""What `./spp test -k` means, and how tests are divided over databases."""

import pytest

from tests.grouping import process_group
from tools import odoo_tests, selection
from tools.console import Failure
from tools.selection import EndToEndTest, OdooTest

TESTS = [
    OdooTest("spp_area", "test_area", "TestArea", "test_name"),
    OdooTest("spp_area", "test_area", "TestArea", "test_parent"),
    OdooTest("spp_area", "test_area_access", "TestAreaAccess", "test_name"),
    OdooTest("spp_device", "test_device", "TestDevice", "test_area_of_a_device"),
    EndToEndTest("test_devices", "test_a_device_in_an_area"),
]


def chosen(expression):
    return [TESTS.index(test) for test in selection.select(TESTS, expression)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TestArea", [0, 1]),
        ("testarea", [0, 1]),
        ("TestArea.test_name", [0]),
        ("test_name", [0, 2]),
        ("test_area", [0, 1]),
        ("test_area.py", [0, 1]),
        ("spp_area/tests/test_area_access.py", [2]),
        ("spp_area", [0, 1, 2]),
        ("tests/test_devices.py", [4]),
        ("test_a_device_in_an_area", [4]),
        ("AreaAcc", [2]),
        ("device", [3, 4]),
        ("spp_area and not test_name", [1]),
        ("test_parent or (device and not spp_device)", [1, 4]),
        ("nobody", []),
    ],
)
def test_what_an_expression_means(expression, expected):
    assert chosen(expression) == expected


@pytest.mark.parametrize("expression", ["and", "TestArea or", "(TestArea", "TestArea TestDevice", "f(x)", "a < b", ""])
def test_what_is_no_expression(expression):
    with pytest.raises(Failure, match="-k"):
        chosen(expression)


def test_this_file_knows_its_own_tests():
    own = selection.select(selection.end_to_end_tests(), "tests/test_selection.py")
    assert EndToEndTest("test_selection", "test_this_file_knows_its_own_tests") in own
    assert {test.file for test in own} == {"test_selection"}


def test_tests_of_a_mixin_belong_to_each_class_that_has_it():
    """Of two generations of attendance servers each runs what the mixin for both holds."""
    tests = selection.select(selection.odoo_tests(), "test_attendance_fetch")
    methods = {
        name: {test.method for test in tests if test.class_name == name} for name in ("TestFetchS1", "TestFetchS2")
    }
    assert methods["TestFetchS1"] & methods["TestFetchS2"], "read from the sources"
    assert "FetchMixin" not in {test.class_name for test in tests}


def test_every_test_is_in_exactly_one_database():
    tests = selection.odoo_tests()
    lanes = odoo_tests.divide(tests, 2)
    assert len(lanes) == 2
    assert sorted(map(repr, [*lanes[0], *lanes[1]])) == sorted(map(repr, tests))
    files = [{(test.module, test.file) for test in lane} for lane in lanes]
    assert not files[0] & files[1]


_LOG = """\
2026-03-01 08:00:00,000 7 INFO x odoo.addons.spp_area.tests.test_area: Starting TestArea.test_name ...
2026-03-01 08:00:01,000 7 INFO x odoo.addons.spp_area.tests.test_area: Starting TestArea.test_parent ...
2026-03-01 08:00:02,000 7 WARNING x odoo.addons.spp_area.models.area: something odd
2026-03-01 08:00:02,000 7 WARNING x odoo.addons.base.models.ir_cron: about spp.area
2026-03-01 08:00:02,000 7 WARNING x odoo.addons.base.models.ir_cron: about something else
2026-03-01 08:00:03,000 7 DEBUG x odoo.tests.stats: Detailed Tests Report:
\tspp_area.test_area.TestArea: 1.75s 12 queries
\tspp_area.test_area.TestArea.setUpClass: 0.50s 2 queries
\tspp_area.test_area.TestArea.test_name: 1.25s 10 queries

2026-03-01 08:00:03,000 7 INFO x odoo.tests.result: 1 failed, 0 error(s) of 2 tests when loading database 'x'
"""


def test_what_a_log_says():
    outcome = odoo_tests.read_log(_LOG)
    assert (outcome.passed, outcome.failed) == (1, 3)
    assert len(outcome.problems) == 2
    assert outcome.started == [
        ("spp_area", "test_area", "TestArea.test_name"),
        ("spp_area", "test_area", "TestArea.test_parent"),
    ]
    assert outcome.seconds == {"spp_area.TestArea.setUpClass": 0.5, "spp_area.TestArea.test_name": 1.25}


def test_a_test_that_ran_twice_or_not_at_all_is_named():
    wanted = [test for test in TESTS if isinstance(test, OdooTest)][:3]
    started = [("spp_area", "test_area", "TestArea.test_name")] * 2 + [
        ("spp_area", "test_area", "TestArea.test_parent")
    ]
    assert list(odoo_tests.not_once(wanted, started)) == [
        "spp_area/tests/test_area.py: TestArea.test_name ran 2 times",
        "spp_area/tests/test_area_access.py: TestAreaAccess.test_name did not run: is its file imported in tests/__init__.py?",
    ]


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/test_roles.py::test_nobody_writes_scans[clerk]", "office"),
        ("tests/test_terminal_posts.py::test_empty_body[b'']", "office"),
        ("tests/test_closing_faults.py::test_void_after_the_close", "tests/test_closing_faults.py"),
        ("tests/test_main_job.py::test_clocks_go_back", "test_clocks_go_back"),
    ],
)
def test_tests_that_share_a_server_run_in_one_process(nodeid, expected):
    assert process_group(nodeid) == expected

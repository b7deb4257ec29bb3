# Part of the SPP attendance suite. LGPL-3.
"""How often a known device may ask."""

from odoo.tests import BaseCase, tagged

from odoo.addons.spp_device.limits import RequestRate


@tagged("post_install", "-at_install")
class TestRequestRate(BaseCase):
    def setUp(self):
        super().setUp()
        self.now = 1000.0
        self.rate = RequestRate(seconds=60, remembered=3, clock=lambda: self.now)

    def test_what_is_above_the_limit_waits_for_the_next_window(self):
        self.assertEqual([self.rate.count("a", 2) for _request in range(3)], [0.0, 0.0, 60.0])
        self.now += 45
        self.assertEqual(self.rate.count("a", 2), 15.0)
        self.now += 15
        self.assertEqual([self.rate.count("a", 2) for _request in range(3)], [0.0, 0.0, 60.0])

    def test_each_device_has_its_own_count(self):
        self.assertEqual([self.rate.count(key, 1) for key in "abab"], [0.0, 0.0, 60.0, 60.0])

    def test_memory_is_bounded_and_the_one_not_heard_for_longest_is_forgotten(self):
        for key in "abc":
            self.rate.count(key, 1)
        self.assertEqual(self.rate.count("a", 1), 60.0)
        self.rate.count("d", 1)
        self.assertEqual(len(self.rate._windows), 3)
        self.assertEqual(self.rate.count("a", 1), 60.0, "b was forgotten, not a")
        self.assertEqual(self.rate.count("b", 1), 0.0)

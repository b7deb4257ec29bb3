# Part of the SPP attendance suite. LGPL-3.
"""Odoo's import screen, driven as the web client drives it."""

import re

#: What the web client starts with for a file with commas and ISO dates.
_OPTIONS = {
    "advanced": True,
    "date_format": "%Y-%m-%d",
    "datetime_format": "%Y-%m-%d %H:%M:%S",
    "encoding": "utf-8",
    "fallback_values": {},
    "float_decimal_separator": ".",
    "float_thousand_separator": ",",
    "has_headers": True,
    "import_set_empty_fields": [],
    "import_skip_records": [],
    "keep_matches": False,
    "limit": 2000,
    "name_create_enabled_fields": {},
    "quoting": '"',
    "separator": ",",
    "sheet": "",
    "sheets": [],
    "skip": 0,
    "tracking_disable": True,
}


class ImportScreen:
    """One opened import screen.

    :param client: signed-in `tools.rpc.Client`
    :param model: name of the model whose list offers the import
    """

    def __init__(self, client, model):
        self._client = client
        self._wizard = client.call("base_import.import", "create", [{"res_model": model}])[0]

    def upload(self, name, content):
        """Choose a file.

        :return: what the screen proposes for the columns: dict column number -> field path
        """
        self._client.upload("/base_import/set_file", {"id": self._wizard}, {"ufile": (name, content, "text/csv")})
        preview = self._client.call("base_import.import", "parse_preview", [self._wizard], _OPTIONS, count=10)
        assert "error" not in preview, preview["error"]
        self.header = preview["headers"]
        return {int(column): "/".join(path) for column, path in preview["matches"].items()}

    def test(self, fields):
        """Press Test. Returns what `import_` would complain about."""
        return self._execute(fields, dryrun=True)[1]

    def import_(self, fields):
        """Press Import.

        :param fields: field path of each column
        :return: (ids, messages), messages being pairs of a row's number in the file (the first one below the header is 0)
            and a sentence
        """
        return self._execute(fields, dryrun=False)

    def _execute(self, fields, dryrun):
        ids, messages, skip = [], [], 0
        while True:
            done = self._client.call(
                "base_import.import",
                "execute_import",
                [self._wizard],
                fields,
                [name.strip().lower() for name in self.header],
                _OPTIONS | {"skip": skip},
                dryrun=dryrun,
                context={"tracking_disable": True},
            )
            ids += done.get("ids") or []
            messages += [
                (skip + message["rows"]["from"], re.sub(r"\s+", " ", message["message"]))
                for message in done["messages"]
            ]
            skip = done.get("nextrow")
            if messages or not skip:
                return ids, messages

"""`appliance man`: on standard output, to be put where it belongs."""

from __future__ import annotations

import json

import pytest

from appliance.__main__ import main


@pytest.mark.parametrize(("given", "date"), [("86400", "1970-01-02"), ("0", "1970-01-01")])
def test_its_date_can_be_given(
    given: str, date: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    assert main(["man"]) == 0
    page = capsys.readouterr().out
    assert page.startswith(f'.TH APPLIANCE 1 "{date}"')
    assert main(["man", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"page": page}

from __future__ import annotations

from appliance.firstboot import report
from appliance.firstboot.drop import Finding

FAULT = Finding("wifi.txt", False, "that cannot be a Wi-Fi password", "8 to 63 characters", 3)
GOOD = Finding("authorized_keys", True, "an SSH key taken over")


def test_a_fault_has_file_line_and_hint() -> None:
    text = report.text([GOOD, FAULT])
    assert "  wifi.txt, line 3: that cannot be a Wi-Fi password\r\n    -> 8 to 63 characters\r\n" in text
    assert "  authorized_keys: an SSH key taken over\r\n" in text
    assert text.index("Not taken over") < text.index("Taken over:")


def test_every_line_end_is_one_that_notepad_shows() -> None:
    assert report.text([FAULT]).replace("\r\n", "").count("\n") == 0


def test_hostile_words_stay_short_and_on_their_line() -> None:
    text = report.text([Finding("x\n\x1b[2J", False, "a\nb" * 1_000)])
    assert "\x1b" not in text
    assert max(map(len, text.split("\r\n"))) < 900

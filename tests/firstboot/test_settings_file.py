from __future__ import annotations

import pytest

from appliance.firstboot import settings_file


def test_a_good_configuration_has_no_fault() -> None:
    assert settings_file.faults('language = "de"\n[timers]\nzone = "Europe/Berlin"\n') == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('language = "de"\nthis is wrong\n', 2, "not valid TOML"),
        ('language = "de"\n\n[audio]\nvolume = 5\n', 4, "audio.volume"),
        ("[audio]\nvolume = 0.5\n[mqtt]\nhots = 'x'\n", 4, "did you mean mqtt.host"),
        ("mqtt.port = 0\n", 1, "mqtt.port"),
        ("[nonsense]\na = 1\n", 1, "nonsense"),
    ],
)
def test_a_fault_has_its_line(text: str, line: int, words: str) -> None:
    (finding,) = settings_file.faults(text)
    assert words in finding.message
    assert (finding.file, finding.ok, finding.line) == ("appliance.toml", False, line)
    assert "/tmp" not in finding.message


def test_every_fault_is_found() -> None:
    found = settings_file.faults("[audio]\nvolume = 5\n[timers]\nvolume = 7\n")
    assert [each.line for each in found] == [2, 4]


def test_a_secret_is_not_quoted() -> None:
    found = settings_file.faults("[mqtt]\npassword = 12345\n")
    assert found
    assert "12345" not in str(found)

"""`appliance firewall`, as far as no root is needed; the rest is in tests/firewall/test_machine.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.__main__ import main


def test_show_prints_the_rules(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text('[mqtt]\nlisten = "0.0.0.0"\nlisten_port = 8884\n')
    assert main(["firewall", "--config", str(file), "show"]) == 0
    text = capsys.readouterr().out
    assert "ip saddr @home4 tcp dport 8884 accept" in text
    assert main(["firewall", "--config", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ruleset": text}


@pytest.mark.parametrize("minutes", ["-1", "241", "x", "١"])
def test_minutes_are_bounded(minutes: str) -> None:
    with pytest.raises(SystemExit):
        main(["firewall", "fetch", "--minutes", minutes])


def test_a_wrong_line_is_a_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text('[firewall]\nallow_in = ["tcp http"]\n')
    assert main(["firewall", "--config", str(file), "check"]) == 1
    said = capsys.readouterr().err
    assert "firewall.allow_in" in said
    assert "the rules of the defaults are in force" in said

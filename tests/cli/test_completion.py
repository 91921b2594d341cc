"""`appliance completion`: on standard output, to be put where it belongs."""

from __future__ import annotations

import json

import pytest

from appliance.__main__ import main


@pytest.mark.parametrize(
    ("shell", "begins"), [("bash", "# bash"), ("zsh", "#compdef appliance"), ("fish", "# fish")]
)
def test_it_speaks_each_shells_language(shell: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith(begins)
    assert main(["completion", shell, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["script"] == plain


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "csh"])
    assert "invalid choice" in capsys.readouterr().err

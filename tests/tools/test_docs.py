"""`tools/docs` as it is called; what it builds is looked at in tests/docs/test_site.py."""

from __future__ import annotations

import subprocess

import pytest

from tests.checkout import ROOT


def called(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "tools" / "docs"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_it_says_how_it_is_called() -> None:
    done = called("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: tools/docs build | serve" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("publish",)])
def test_a_wrong_call_does_nothing(arguments: tuple[str, ...]) -> None:
    done = called(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr

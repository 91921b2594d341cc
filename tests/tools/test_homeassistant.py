"""Where Home Assistant cannot be installed, its tests are skipped with the reason."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

UNAVAILABLE = 69


def call(
    tool: str, *arguments: str, home: Path, path: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "tools" / tool, *arguments],
        env={"PATH": f"{path}:/usr/bin:/bin".lstrip(":"), "HOME": str(home), **more},
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def no_python(folder: Path) -> str:
    """A folder for PATH whose python3.13 is none, as pyenv's shim is where that version is not chosen."""
    folder.mkdir()
    (folder / "python3.13").write_text("#!/bin/sh\necho 'not installed' >&2\nexit 127\n")
    (folder / "python3.13").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("tool", ["homeassistant", "test-homeassistant"])
def test_without_python_313_it_is_unavailable_and_says_why(tool: str, tmp_path: Path) -> None:
    done = call(tool, home=tmp_path, path=no_python(tmp_path / "shims"))
    assert done.returncode == UNAVAILABLE
    assert "Python 3.13" in done.stderr
    assert "APPLIANCE_PYTHON313" in done.stderr
    assert done.stdout == ""


def test_another_version_is_not_taken_for_it(tmp_path: Path) -> None:
    named = call(
        "homeassistant",
        home=tmp_path,
        path=no_python(tmp_path / "shims"),
        APPLIANCE_PYTHON313="/usr/bin/python3",
    )
    if Path("/usr/bin/python3").resolve().name == "python3.13":
        pytest.skip("the system's own Python is 3.13")
    assert named.returncode == UNAVAILABLE


def test_a_wrong_argument_gets_the_usage(tmp_path: Path) -> None:
    done = call("homeassistant", "--nonsense", home=tmp_path)
    assert done.returncode == 2
    assert "usage: tools/homeassistant" in done.stderr


def test_one_that_is_there_is_only_named(tmp_path: Path) -> None:
    """Neither uv nor a network is asked for: a stamped environment is enough."""
    python = tmp_path / "bin/python3.13"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho /some/where/python3.13\n")
    python.chmod(0o755)
    arguments = {"home": tmp_path, "APPLIANCE_PYTHON313": str(python), "UV_OFFLINE": "1"}
    folders = tmp_path / ".cache/appliance/homeassistant"
    pins = (ROOT / "tools/homeassistant.txt").read_bytes()
    key = hashlib.sha256(b"/some/where/python3.13\n" + pins).hexdigest()[:16]
    (folders / key).mkdir(parents=True)
    (folders / key / "complete").touch()
    done = call("homeassistant", **arguments)
    assert (done.returncode, done.stdout) == (0, f"{folders / key}\n")
    assert done.stderr == ""

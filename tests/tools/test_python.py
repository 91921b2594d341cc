"""Finding the interpreter and uv."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.tools.conftest import Shell


def test_the_interpreter_is_one_that_stages_can_see(shell: Shell) -> None:
    done = shell("find_python; echo $PYTHON; $PYTHON -c 'import sys; print(sys.version_info >= (3, 11))'")
    path, enough = done.stdout.split()
    assert path.startswith("/usr/")
    assert enough == "True"


def test_a_named_interpreter_comes_first(shell: Shell, tmp_path: Path) -> None:
    named = tmp_path / "python3.12"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    assert shell("system_python", APPLIANCE_PYTHON=str(named)).stdout.strip() == str(named)


@pytest.mark.parametrize("name", ["python3.10", "python3.9", "python2.7", "python3"])
def test_an_old_or_nameless_interpreter_is_passed_over(name: str, shell: Shell, tmp_path: Path) -> None:
    named = tmp_path / name
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    assert shell("system_python", APPLIANCE_PYTHON=str(named)).stdout.strip() != str(named)


def test_without_an_interpreter_the_remedy_is_named(shell: Shell) -> None:
    done = shell("system_python() { :; }; find_python")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "APPLIANCE_PYTHON=" in done.stderr


def test_the_interpreters_package_brings_venv(shell: Shell) -> None:
    name, venv = shell("python_packages").stdout.split()
    assert name.startswith("python3")
    assert venv == f"{name}-venv"


@pytest.mark.parametrize(
    ("said", "enough"),
    [
        ("uv 0.11.0 (x86_64)", True),
        ("uv 0.13.8", True),
        ("uv 1.0.0", True),
        ("uv 0.10.9", False),
        ("uv 0.2.1", False),
        ("something else", False),
        ("", False),
    ],
)
def test_an_old_uv_is_not_used(said: str, enough: bool, shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "uv"
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    assert (shell(f"uv_is_new_enough {program}").returncode == 0) == enough


def test_a_missing_uv_is_not_new_enough(shell: Shell) -> None:
    assert shell("uv_is_new_enough /nonexistent/uv").returncode != 0


def test_uv_on_the_path_is_used_and_keeps_its_cache_in_ours(shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho 'uv 0.13.8'\n")
    program.chmod(0o755)
    done = shell("find_uv; echo $UV $UV_CACHE_DIR", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.stdout.split() == [str(program), str(tmp_path / "cache/appliance/uv-cache")]


INDEX = "http" + "s://mirror.example/simple"


@pytest.fixture(scope="module")
def python_with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pip")
    subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True, capture_output=True)
    return folder / "bin/python"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["-", "-"]),
        ({"PIP_INDEX_URL": INDEX}, [INDEX, "-"]),
        ({"PIP_INDEX_URL": INDEX, "UV_DEFAULT_INDEX": "mine"}, ["mine", "-"]),
        ({"PIP_EXTRA_INDEX_URL": INDEX}, ["-", "-"]),
        ({"PIP_CERT": "/etc/ca.pem"}, ["-", "/etc/ca.pem"]),
        ({"PIP_CERT": "/etc/ca.pem", "SSL_CERT_FILE": "/own.pem"}, ["-", "/own.pem"]),
    ],
)
def test_pips_settings_become_uvs(
    variables: dict[str, str], expected: list[str], shell: Shell, python_with_pip: Path
) -> None:
    """A real pip says what it is set to."""
    config = {"PIP_CONFIG_FILE": os.devnull}
    code = f"""
        adopt_pip_settings {python_with_pip}
        echo "${{UV_DEFAULT_INDEX:--}} ${{SSL_CERT_FILE:--}}"
    """
    assert shell(code, **config, **variables).stdout.split() == expected


def test_settings_in_a_file_are_read_as_well(shell: Shell, tmp_path: Path, python_with_pip: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(f"[global]\nindex-url = {INDEX}\n")
    code = f"""
        adopt_pip_settings {python_with_pip}
        echo "$UV_DEFAULT_INDEX"
    """
    assert shell(code, PIP_CONFIG_FILE=str(config)).stdout.strip() == INDEX

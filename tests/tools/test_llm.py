"""The language model library's wheel: its key, its status, and an installation that is never half there."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from appliance.ops.wheels import uv_program
from tests.tools.conftest import Shell


def test_the_key_names_what_the_wheel_depends_on(shell: Shell) -> None:
    key = shell("llm_key").stdout.strip()
    assert key.startswith(f"llama-cpp-python-{shell('llm_version').stdout.strip()}-")
    assert "py3-none" in key
    assert "glibc" in key
    assert " " not in key
    assert shell("LLM_CMAKE_FLAGS=-DOTHER=1; llm_key").stdout.strip() != key


def test_there_is_no_wheel_in_an_empty_cache(shell: Shell) -> None:
    assert shell("llm_wheel").returncode == 1


def test_a_wheel_is_found_by_its_key(shell: Shell) -> None:
    done = shell('mkdir -p "$(llm_folder)"; touch "$(llm_folder)/x-py3-none-any.whl"; llm_wheel')
    assert done.stdout.strip().endswith("/x-py3-none-any.whl")
    assert shell("LLM_CMAKE_FLAGS=-DOTHER=1; llm_wheel").returncode == 1


@pytest.mark.parametrize("message", ["", 'no "quotes" \\ and\ttabs', "two\nlines → ü"])
def test_the_status_is_one_json_object(message: str, shell: Shell) -> None:
    write = 'write_llm_status building 43 "$MESSAGE"; cat "$CACHE/wheels/current/status.json"'
    done = shell(write, MESSAGE=message, LLM_BUILD_BEGAN="100")
    status = json.loads(done.stdout)
    assert (status["state"], status["percent"], status["since"]) == ("building", 43, 100)
    assert status["pid"] > 1
    assert status["updated"] > status["since"]
    assert status["message"] == message.replace("\n", "").replace("\t", "")
    assert msgspec.json.decode(done.stdout.encode(), type=dict[str, object])["percent"] == 43


def test_the_status_leaves_no_second_file(shell: Shell) -> None:
    done = shell('write_llm_status ready 100 ""; ls "$(llm_folder)"')
    assert done.stdout.split() == ["status.json"]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel of the same shape as the real one: a package, its metadata, and strewn extras."""
    path = tmp_path / "llama_cpp_python-9.9-py3-none-any.whl"
    about = "llama_cpp_python-9.9.dist-info"
    members = {
        "llama_cpp/__init__.py": "VALUE = 'new'\n",
        "lib/libllama.so": "a second copy",
        f"{about}/METADATA": "Metadata-Version: 2.1\nName: llama_cpp_python\nVersion: 9.9\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    }
    members[f"{about}/RECORD"] = "".join(f"{name},,\n" for name in [*members, f"{about}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


INSTALL = """
    VENV={tmp}/venv PYTHON=/usr/bin/python3
    "$PYTHON" -m venv "$VENV" >/dev/null
    site=$(site_packages)
    find_uv() {{ UV={uv}; }}
"""


def uv_for_tests() -> str:
    """The uv that made this environment, found the way the tools do."""
    found = uv_program(os.environ)
    if not found:
        pytest.skip("uv is neither on PATH nor in the cache: tools/test brings it")
    return found


def test_a_wheel_is_installed_whole_and_replaces_the_old_one(
    shell: Shell, wheel: Path, tmp_path: Path
) -> None:
    code = (
        INSTALL.format(tmp=tmp_path, uv=uv_for_tests())
        + f"""
        mkdir -p "$site/llama_cpp" "$site/llama_cpp_python-1.0.dist-info"
        echo "VALUE = 'old'" >"$site/llama_cpp/__init__.py"
        install_llm_wheel {wheel}
        "$VENV/bin/python" -c 'import llama_cpp; print(llama_cpp.VALUE)'
        ls -A "$site" | grep -i -E 'llama|^lib$'
        llm_installed && echo installed
    """
    )
    done = shell(code)
    assert done.stderr == ""
    assert done.stdout.split() == ["new", "llama_cpp", "llama_cpp_python-9.9.dist-info", "installed"]


def test_a_broken_wheel_leaves_the_old_one(shell: Shell, tmp_path: Path) -> None:
    broken = tmp_path / "llama_cpp_python-9.9-py3-none-any.whl"
    broken.write_bytes(b"PK no archive")
    code = (
        INSTALL.format(tmp=tmp_path, uv=uv_for_tests())
        + f"""
        mkdir -p "$site/llama_cpp"; echo "VALUE = 'old'" >"$site/llama_cpp/__init__.py"
        ( install_llm_wheel {broken} ) || echo refused
        "$VENV/bin/python" -c 'import llama_cpp; print(llama_cpp.VALUE)'
        llm_installed || echo 'not installed'
    """
    )
    assert shell(code).stdout.splitlines() == ["refused", "old", "not installed"]

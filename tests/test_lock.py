"""The locks cover what pyproject.toml asks for, with hashes and without any host."""

from __future__ import annotations

import re

import pytest
import tomli

from tests.checkout import ROOT

PINS = ["requirements.lock", "requirements-test.lock", "tools/build.txt", "tools/uv.txt", "tools/llm.txt"]
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pinned(name: str) -> dict[str, list[str]]:
    """Distribution → its pinned lines, each with its hashes."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    entries: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and not line.lstrip().startswith("#"):
            entries.setdefault(normal(re.split(r"[=\s;\[]", line, maxsplit=1)[0]), []).append(line)
    return entries


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\s<>=!~;\[]", requirement, maxsplit=1)[0]) for requirement in requirements}


@pytest.mark.parametrize("name", PINS)
def test_every_line_is_an_exact_version_with_hashes(name: str) -> None:
    for lines in pinned(name).values():
        for line in lines:
            assert re.match(r"[A-Za-z0-9._-]+==[^\s;]+", line), line
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("name", PINS)
def test_no_lock_names_a_place(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert "--index-url" not in text


def test_the_lock_covers_the_dependencies() -> None:
    assert wanted(PROJECT["dependencies"]) <= set(pinned("requirements.lock"))


def test_the_test_lock_covers_the_test_tools() -> None:
    assert wanted(PROJECT["optional-dependencies"]["test"]) <= set(pinned("requirements-test.lock"))


def test_the_test_lock_is_the_lock_and_more() -> None:
    run, test = pinned("requirements.lock"), pinned("requirements-test.lock")

    def versions(lines: list[str]) -> set[str]:
        return {line.split()[0] for line in lines}

    assert {name: versions(lines) for name, lines in run.items()} == {
        name: versions(test.get(name, [])) for name in run
    }


def test_the_language_model_library_is_the_one_of_the_extra() -> None:
    lines = pinned("tools/llm.txt")["llama-cpp-python"]
    assert [line.split()[0] for line in lines] == PROJECT["optional-dependencies"]["llm"]


def test_the_languages_models_dependencies_are_in_the_lock() -> None:
    assert {"typing-extensions", "numpy", "diskcache", "jinja2"} <= set(pinned("requirements.lock"))


def test_lines_continued_and_commented_are_read() -> None:
    assert len(pinned("requirements.lock")["numpy"]) >= 1
    assert normal("Typing_Extensions") == "typing-extensions"
    assert wanted(["a>=1; x == 'y'", "b[c]==2"]) == {"a", "b"}

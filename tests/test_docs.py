"""The documentation points at things that exist: links, commands, options, tools and settings."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest

from appliance.__main__ import parser
from appliance.config import load
from tests.checkout import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^(?:\.venv/bin/)?appliance (?=[a-z])(.*)")
TOOL = re.compile(r"(?<![\w./-])(tools/[a-z][\w.-]*|\.ci/run)")


def page_id(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def slug(heading: str) -> str:
    """A heading's anchor, as the usual viewers make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", prose, flags=re.MULTILINE)}


def links(page: Path) -> list[str]:
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(prose) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), f"{link} leaves the repository"
        assert not anchor or anchor in anchors(target), f"{link}: no such heading"


def commands(page: Path) -> list[str]:
    """What follows `appliance` in code blocks and inline code that call it."""
    text = page.read_text(encoding="utf-8")
    said = [line for _, block in BLOCK.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    said += INLINE.findall(BLOCK.sub("", text))
    return [match[1] for line in said if (match := COMMAND.match(line.strip().removeprefix("$ ")))]


def sub_parsers() -> dict[str, argparse.ArgumentParser]:
    actions = parser()._actions
    return next(dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction))


def options(command: argparse.ArgumentParser) -> set[str]:
    """Long options of a command and of what is below it."""
    found = {option for action in command._actions for option in action.option_strings}
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= {option for each in action.choices.values() for option in options(each)}
    return found


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_and_their_options_exist(page: Path) -> None:
    known = sub_parsers()
    for command in commands(page):
        words = shlex.split(command.split("#")[0], posix=True)
        for name in words[0].split("|"):
            assert name in known, f"appliance {command}"
            mentioned = {
                word.split("=")[0].strip("[]") for word in words if word.lstrip("[").startswith("--")
            }
            assert mentioned - {"--"} <= options(known[name]), f"appliance {command}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_tools_exist(page: Path) -> None:
    for name in TOOL.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name.rstrip(".")).exists(), name


def toml_blocks() -> list[tuple[str, str]]:
    return [
        (page_id(page), block)
        for page in PAGES
        for kind, block in BLOCK.findall(page.read_text(encoding="utf-8"))
        if kind == "toml" and not block.startswith("[[")
    ]


@pytest.mark.parametrize(("page", "block"), toml_blocks())
def test_configuration_examples_are_valid(page: str, block: str, tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(block, encoding="utf-8")
    assert load.load(file, environ={}).files == (file,), page


def test_a_wrong_command_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Say `appliance frobnicate --hard`.\n```sh\n$ .venv/bin/appliance ask hello\n```\n")
    assert commands(page) == ["ask hello", "frobnicate --hard"]


def test_anchors_are_those_of_the_headings(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A new engine: how?\n```\n# no heading\n```\n[see](#a-new-engine-how)\n")
    assert anchors(page) == {"a-new-engine-how"}
    assert links(page) == ["#a-new-engine-how"]

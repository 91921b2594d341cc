"""`appliance config check | show`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.config.origins import Problem

NAME = "config"
HELP = "check the configuration, or show what is in force and where it comes from"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    check = actions.add_parser("check", help="list every problem; exit status 1 if there is any")
    check.add_argument("file", nargs="?", type=Path, metavar="FILE", help="this file instead of the layers")
    show = actions.add_parser("show", help="what is in force, as TOML")
    show.add_argument("--origin", action="store_true", help="with the file or variable of each value")
    docs = actions.add_parser("docs", help="the reference of every key")
    docs.add_argument("--template", action="store_true", help="as a commented TOML file")
    for action in (check, show, docs):
        # Also after the action, without undoing what stood before it.
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        action.add_argument(
            "--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help=argparse.SUPPRESS
        )


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    return {"check": _check, "show": _show, "docs": _docs}[arguments.action](arguments)


def _check(arguments: argparse.Namespace) -> int:
    from appliance.cli._problems import problems, warnings
    from appliance.config.load import load
    from appliance.config.origins import InvalidConfig

    files: tuple[Path, ...] = ()
    doubtful: list[Problem] = []
    try:
        loaded = load(arguments.file or arguments.config)
    except InvalidConfig as error:
        found = list(error.problems)
    else:
        found, doubtful, files = problems(loaded), warnings(loaded), loaded.files
    for level, listed in (("error", found), ("warning", doubtful)):
        for problem in listed:
            _say(level, problem, as_json=arguments.json)
    if not found and not arguments.json:
        read = ", ".join(str(file) for file in files) or "no file, only defaults"
        print(f"The configuration is good ({read}).")
    return 1 if found else 0


def _say(level: str, problem: Problem, *, as_json: bool) -> None:
    if as_json:
        line = {"level": level, "where": problem.where, "key": problem.key, "problem": problem.what}
        print(json.dumps(line, ensure_ascii=False))
    else:
        print(f"{level}: {problem}", file=sys.stderr)


def _show(arguments: argparse.Namespace) -> int:
    from appliance.config.load import load
    from appliance.config.origins import DEFAULT
    from appliance.config.render import document, settings

    loaded = load(arguments.config)
    if not arguments.json:
        print(document(loaded, origins=arguments.origin), end="")
        return 0
    for path, value in settings(loaded):
        key = ".".join(path)
        line = {"key": key, "value": value, "origin": str(loaded.origins.get(key, DEFAULT))}
        print(json.dumps(line, ensure_ascii=False))
    return 0


def _docs(arguments: argparse.Namespace) -> int:
    from appliance.config import reference

    print(reference.template() if arguments.template else reference.page(), end="")
    return 0

"""Parsers become plain data, with everything that a person could type."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.__main__ import parser
from appliance.commandline import tree


def small() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="thing", description="A thing.")
    subs = top.add_subparsers()
    paint = subs.add_parser("paint", help="with colour")
    paint.add_argument(
        "--colour", choices=("red", "blue"), default="red", help="one of them (default %(default)s)"
    )
    paint.add_argument("--hidden", help=argparse.SUPPRESS)
    paint.add_argument("files", nargs="*", type=Path, metavar="FILE")
    return top


def test_what_a_parser_says() -> None:
    top = tree.of(small())
    (paint,) = top.children
    assert (top.words, paint.words, paint.help) == (("thing",), ("thing", "paint"), "with colour")
    colour = paint.options[-1]
    assert (colour.flags, colour.choices, colour.value) == (("--colour",), ("red", "blue"), "red|blue")
    assert colour.help == "one of them (default red)"
    assert paint.positionals == (tree.Positional("FILE", "", (), is_path=True, form="[FILE ...]"),)


def test_a_switch_takes_no_value() -> None:
    top = tree.of(small())
    assert next(option for option in top.options if "--help" in option.flags).value == ""


def test_the_whole_command_line() -> None:
    words = {node.words[1:] for node in tree.of(parser()).walk()}
    assert {(), ("backup",), ("home-assistant", "remove"), ("update", "install")} <= words

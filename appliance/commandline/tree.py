"""The parsers as a tree of plain data: what can follow what."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import msgspec


class Option(msgspec.Struct, frozen=True):
    """`--to FOLDER`."""

    flags: tuple[str, ...]
    help: str
    value: str = ""
    """What stands for its value; empty when it takes none."""
    choices: tuple[str, ...] = ()
    is_path: bool = False


class Positional(msgspec.Struct, frozen=True):
    """A word without dashes."""

    value: str
    help: str
    choices: tuple[str, ...] = ()
    is_path: bool = False
    form: str = ""
    """As the usage line shows it: `[FILE ...]`."""


class Node(msgspec.Struct, frozen=True):
    """A command or an action of one, by all its words: ("appliance", "backup")."""

    words: tuple[str, ...]
    help: str
    options: tuple[Option, ...] = ()
    positionals: tuple[Positional, ...] = ()
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This one and all below, in the order of the help."""
        yield self
        for child in self.children:
            yield from child.walk()


def of(parser: argparse.ArgumentParser, words: tuple[str, ...] = (), said: str = "") -> Node:
    """The tree of a parser; `said` is what its parent says of it."""
    words = words or (parser.prog,)
    options: list[Option] = []
    positionals: list[Positional] = []
    children: list[Node] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            helps = {each.dest: each.help or "" for each in action._choices_actions}  # noqa: SLF001
            children += [of(sub, (*words, name), helps.get(name, "")) for name, sub in action.choices.items()]
        elif action.help == argparse.SUPPRESS:
            continue
        elif action.option_strings:
            options.append(_option(action, parser))
        else:
            positionals.append(_positional(action, parser))
    return Node(words, said or parser.description or "", tuple(options), tuple(positionals), tuple(children))


def _option(action: argparse.Action, parser: argparse.ArgumentParser) -> Option:
    takes = action.nargs != 0
    return Option(
        tuple(action.option_strings),
        _help(action, parser),
        _value(action) if takes else "",
        tuple(map(str, action.choices or ())),
        _is_path(action),
    )


def _positional(action: argparse.Action, parser: argparse.ArgumentParser) -> Positional:
    value = _value(action)
    match action.nargs:
        case "?":
            form = f"[{value}]"
        case "*" | "...":
            form = f"[{value} ...]"
        case "+":
            form = f"{value} [{value} ...]"
        case _:
            form = value
    return Positional(
        value, _help(action, parser), tuple(map(str, action.choices or ())), _is_path(action), form
    )


def _value(action: argparse.Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return action.dest.upper().replace("_", "-")


def _is_path(action: argparse.Action) -> bool:
    return action.type is Path or _value(action) in {"FILE", "FOLDER", "FILE_OR_URL"}


def _help(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    if not action.help:
        return ""
    known = {**vars(action), "prog": parser.prog}
    return " ".join((action.help % known).split())

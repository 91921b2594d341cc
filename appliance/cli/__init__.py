"""The command line: one file a command, found by its presence."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from typing import Protocol, cast


class Command(Protocol):
    """What each file offers."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare this command's own arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit status."""


def commands(only: str = "") -> list[Command]:
    """All commands, by name; just one when `only` is its name, which is quicker to load than all."""
    names = sorted(_names())
    if _file_of(only) in names:
        names = [_file_of(only)]
    return [cast("Command", importlib.import_module(f"{__name__}.{name}")) for name in names]


def _names() -> list[str]:
    """A file whose name starts with an underscore is shared code."""
    return [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]


def _file_of(command: str) -> str:
    return command.replace("-", "_")

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


def commands() -> list[Command]:
    """All commands, by name. A file whose name starts with an underscore is shared code."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return [cast("Command", importlib.import_module(f"{__name__}.{name}")) for name in sorted(names)]

"""What a booted image is asked: one module a check, found by being here.

A check module has `NAME`, `HELP`, `ORDER` (small ones first) and `run(bench) -> Iterator[Row]`. A check gets
a running guest whose appliance listens, and leaves it so; one that restarts or breaks the guest has an ORDER
of 100 or more.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from image_guest import Guest


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    good: bool
    value: str = ""
    detail: str = ""
    """Lines to read when it is not good."""


@dataclass
class Bench:
    """What checks share."""

    guest: Guest
    board: str
    image: Path
    units: Path
    """The checkout's systemd/."""
    seconds_to_listening: float = 0.0
    notes: dict[str, float] = field(default_factory=dict)
    """Figures that one check leaves for another."""


def all_checks() -> list[ModuleType]:
    """Every check, in their order."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return sorted(modules, key=lambda module: (module.ORDER, module.NAME))


def chosen(names: list[str]) -> list[ModuleType]:
    """Those named, or all. Raises ValueError for a name that is none."""
    known = {module.NAME: module for module in all_checks()}
    for name in names:
        if name not in known:
            raise ValueError(f"no such check: {name}; there are {', '.join(known)}")
    return [module for name, module in known.items() if not names or name in names]


def rows(module: ModuleType, bench: Bench) -> Iterator[Row]:
    """What the check finds."""
    yield from module.run(bench)

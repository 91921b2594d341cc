"""What a booted image is asked: one module a check, found by being here.

A check module has `NAME`, `HELP`, `ORDER` (small ones first) and `run(bench) -> Iterator[Row]`. A check gets
a running guest whose appliance listens, and leaves it so; one that restarts or breaks the guest has an ORDER
of 100 or more. One with `OWN_GUEST = True` makes its own machines (`bench.machine`) after the
others. `BOARDS` names the boards it is for; without it, it is for the n100.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from image_guest import Guest, GuestError, Machine
from image_trials import Armed


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
    make: Callable[[Path], Machine] | None = None
    """A machine like the guest's, in another folder."""
    folder: Path = Path()
    given_bundle: Path | None = None
    tries: int = 0
    """How many tries a check that can repeat itself makes; 0: as many as it likes."""
    kinds: tuple[str, ...] = ()
    """Of breakage; none: all."""
    armed: Armed | None = None

    def machine(self, name: str) -> Machine:
        """A machine of its own for a check; it has no disc yet. Raises GuestError."""
        if self.make is None:
            raise GuestError("this bench has no machines to give")
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return self.make(folder)

    def kept(self, bundle: Path) -> Path:
        """Where the slots lie, with this bundle about to be started, for the next run."""
        return self.folder.parent / f"armed-{bundle.stem}-{bundle.stat().st_mtime_ns}"

    def bundle(self) -> Path:
        """An update for the image. Raises GuestError."""
        if self.given_bundle is None:
            raise GuestError("there is no bundle of this image: its .slot folder is not beside it")
        return self.given_bundle


def all_checks() -> list[ModuleType]:
    """Every check, in their order."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return sorted(modules, key=lambda module: (module.ORDER, module.NAME))


def has_own_guest(module: ModuleType) -> bool:
    """Does it make its own machines?"""
    return bool(getattr(module, "OWN_GUEST", False))


def boards_of(module: ModuleType) -> tuple[str, ...]:
    """Which boards' images the check understands."""
    boards: tuple[str, ...] = getattr(module, "BOARDS", ("n100",))
    return boards


def chosen(names: list[str], board: str = "n100") -> list[ModuleType]:
    """Those named, or all for the board. Raises ValueError for a name that is none."""
    known = {module.NAME: module for module in all_checks() if board in boards_of(module)}
    for name in names:
        if name not in known:
            raise ValueError(f"no such check: {name}; there are {', '.join(known)}")
    return [module for name, module in known.items() if not names or name in names]


def rows(module: ModuleType, bench: Bench) -> Iterator[Row]:
    """What the check finds."""
    yield from module.run(bench)

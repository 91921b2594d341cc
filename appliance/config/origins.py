"""Where a value came from, and what is wrong with one: shared by every part that reads configuration."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.errors import ConfigError

MOST_PROBLEMS = 50
"""More than this is one mistake (a wrong file), not a list to read."""


class Origin(msgspec.Struct, frozen=True):
    """The source of one value; `name` is the file, the variable or the profile, empty for a default."""

    kind: Literal["default", "profile", "file", "chosen", "environment"]
    name: str = ""

    def __str__(self) -> str:
        if self.kind == "chosen":
            return f"chosen in Home Assistant ({self.name})"
        return self.name or self.kind


DEFAULT = Origin("default")


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong: where (a file or variable), which key (may be empty), and what."""

    where: str
    key: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.what) if part)


class InvalidConfig(ConfigError):
    """Every problem that was found in one go; `problems` holds them one by one."""

    def __init__(self, problems: list[Problem], hint: str = "appliance config check") -> None:
        self.problems = tuple(problems)
        super().__init__(_message(problems), hint)


def _message(problems: list[Problem]) -> str:
    if len(problems) == 1:
        return str(problems[0])
    shown = [f"  {problem}" for problem in problems[:MOST_PROBLEMS]]
    more = len(problems) - len(shown)
    tail = [f"  … and {more} more"] if more else []
    return "\n".join([f"{len(problems)} problems in the configuration:", *shown, *tail])

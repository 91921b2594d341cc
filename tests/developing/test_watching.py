"""Changes are told once, when they have come to rest."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from appliance.developing.watching import Changes, Kind, Seen, look

A: Seen = {"a.py": ("code", (1, 1, 1))}
A2: Seen = {"a.py": ("code", (2, 1, 1))}
AB: Seen = {**A2, "b.toml": ("configuration", (1, 1, 1))}


def test_it_waits_for_quiet() -> None:
    changes = Changes(A, 1.0)
    assert changes.take(A, 0.0) == {}
    assert changes.take(A2, 1.0) == {}
    assert changes.take(AB, 1.9) == {}, "something changed again: the wait begins anew"
    assert changes.take(AB, 2.8) == {}
    assert changes.take(AB, 2.9) == {"a.py": "code", "b.toml": "configuration"}
    assert changes.take(AB, 9.0) == {}


def test_what_goes_is_a_change() -> None:
    changes = Changes(AB, 0.0)
    assert changes.take(A2, 1.0) == {"b.toml": "configuration"}


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3), max_size=12))
def test_every_change_is_told_sooner_or_later(steps: list[dict[str, int]]) -> None:
    def seen(step: dict[str, int]) -> Seen:
        kind: Kind = "code"
        return {name: (kind, (stamp, 0, 0)) for name, stamp in step.items()}

    changes = Changes({}, 1.0)
    told: set[str] = set()
    for number, step in enumerate(steps):
        told |= changes.take(seen(step), number / 2).keys()
    last = seen(steps[-1]) if steps else {}
    told |= changes.take(last, len(steps) + 10).keys()
    assert told == {name for step in steps for name in step}
    assert changes.take(last, len(steps) + 20) == {}


def test_a_look_at_the_disk(tmp_path: Path) -> None:
    (tmp_path / "code" / "__pycache__").mkdir(parents=True)
    (tmp_path / "code" / "static").mkdir()
    for name in ("a.py", "__pycache__/a.pyc", "__pycache__/b.py", "static/c.json", "notes.txt", "d.json"):
        (tmp_path / "code" / name).touch()
    settings = tmp_path / "appliance.toml"
    settings.touch()
    found = look(tmp_path / "code", [settings, tmp_path / "none"])
    assert {Path(name).name: kind for name, (kind, _) in found.items()} == {
        "a.py": "code", "d.json": "code", "appliance.toml": "configuration",
    }  # fmt: skip
    os.utime(settings, ns=(1, 1))
    assert look(tmp_path / "code", [settings])[str(settings)] != found[str(settings)]

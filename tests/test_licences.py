"""docs/licences.md is true: every locked distribution is in its table, with the licence it declares."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from tests.checkout import ROOT
from tests.test_lock import PROJECT, normal, pinned

PAGE = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
LOCKED = sorted(pinned("requirements.lock"))

# How older metadata spells what SPDX writes so.
SPELLINGS = {
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd license": "BSD",
    "mit license": "MIT",
}


def table() -> dict[str, str]:
    """Distribution → licence, from the page's rows `| name | licence | … |`."""
    rows = re.findall(
        r"^\| ([a-z0-9.-]+) \| ([^|]+?) \|", PAGE.replace("| package | licence |", ""), flags=re.MULTILINE
    )
    return dict(rows)


def declared(name: str) -> set[str]:
    """The licences that an installed distribution's metadata names, each in SPDX's spelling."""
    about = metadata.metadata(name)
    classifiers = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    given = [
        about.get("License-Expression"),
        (about.get("License") or "").split("\n")[0],  # some give the whole text, beginning with its name
        *(each.rsplit(" :: ", 1)[-1] for each in classifiers),
    ]
    return {SPELLINGS.get(each.lower(), each) for each in given if each and "\n" not in each}


def agree(documented: str, names: set[str]) -> bool:
    """`BSD-3-Clause` on the page agrees with a mere `BSD`; nothing vaguer does."""
    return documented in names or (documented.startswith("BSD-") and "BSD" in names)


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_distribution_is_listed_with_its_licence(name: str) -> None:
    assert name in table(), f"docs/licences.md has no row for {name}"
    try:
        names = declared(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed on this platform")
    assert agree(table()[name], names), f"{name}: the page says {table()[name]}, its metadata {names}"


def test_nothing_is_listed_that_is_not_locked() -> None:
    assert set(table()) - set(LOCKED) == {"llama-cpp-python"}


def test_the_project_says_its_own_licence() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache-2.0" in PAGE


@pytest.mark.parametrize("name", sorted(map(normal, ["piper-tts", "soxr"])))
def test_copyleft_is_named_in_the_text_as_well(name: str) -> None:
    assert len(re.findall(rf"\b{name}\b", PAGE)) >= 2

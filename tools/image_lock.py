"""Versions of the Debian packages in an image: written down, compared, and looked up at the mirror.

A lock is a text file with `name=version` a line, sorted. It stands for the dated state of the archive that a
snapshot service would give: the same versions or no image.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HEADER = """\
# Versions of every Debian package in the image, made by: tools/image lock --board {board}
# tools/image build takes exactly these, and says which of them the mirror no longer has.
"""


def read_lock(text: str) -> dict[str, str]:
    """Name → version. Raises ValueError for a line that is neither."""
    versions = {}
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.split("#", 1)[0].strip()
        if not entry:
            continue
        name, equals, version = entry.partition("=")
        if not (name and equals and version):
            raise ValueError(f"line {number} is not name=version: {entry}")
        versions[name] = version
    return versions


def write_lock(versions: Mapping[str, str], board: str) -> str:
    """The text of a lock."""
    lines = [f"{name}={version}\n" for name, version in sorted(versions.items())]
    return HEADER.format(board=board) + "".join(lines)


def of_manifests(manifests: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Name → version of the packages in mkosi's manifests, of the image and of its initrd."""
    return {package["name"]: package["version"] for manifest in manifests for package in manifest["packages"]}


def differences(locked: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Sentences: what is other, missing or new against the lock."""
    found = []
    for name in sorted(locked.keys() | present.keys()):
        wanted, there = locked.get(name), present.get(name)
        if wanted == there:
            continue
        if wanted is None:
            found.append(f"{name} {there} is not in the lock")
        elif there is None:
            found.append(f"{name} {wanted} of the lock is not in the image")
        else:
            found.append(f"{name} is {there}; the lock has {wanted}")
    return found


def offered(madison: str) -> dict[str, set[str]]:
    """Name → versions, from the lines of `apt-cache madison`: `name | version | where`."""
    versions: dict[str, set[str]] = {}
    for line in madison.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 3:
            versions.setdefault(fields[0], set()).add(fields[1])
    return versions


def gone(locked: Mapping[str, str], available: Mapping[str, set[str]]) -> list[str]:
    """Sentences: what the mirror cannot give any more."""
    found = []
    for name, version in sorted(locked.items()):
        there = available.get(name, set())
        if version not in there:
            instead = ", ".join(sorted(there)) or "nothing"
            found.append(f"{name} {version}: the mirror has {instead}")
    return found


def _tell(sentences: list[str]) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


def _read_manifests(paths: Iterable[str]) -> dict[str, str]:
    return of_manifests(json.loads(Path(path).read_text("utf-8")) for path in paths)


def main() -> int:
    """`write LOCK BOARD MANIFEST…`, `compare LOCK MANIFEST…`, `names LOCK` or `gone LOCK MADISON`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("write", "compare", "names", "gone"))
    parser.add_argument("lock", type=Path)
    parser.add_argument("rest", nargs="*")
    given = parser.parse_args()
    if given.action == "write":
        board, *manifests = given.rest
        given.lock.write_text(write_lock(_read_manifests(manifests), board), "utf-8")
        return 0
    try:
        locked = read_lock(given.lock.read_text("utf-8"))
    except (OSError, ValueError) as error:
        return _tell([f"{given.lock}: {error}"])
    match given.action:
        case "names":
            print("\n".join(sorted(locked)))
            return 0
        case "gone":
            return _tell(gone(locked, offered(Path(given.rest[0]).read_text("utf-8"))))
        case _:
            return _tell(differences(locked, _read_manifests(given.rest)))


if __name__ == "__main__":
    sys.exit(main())

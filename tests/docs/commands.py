"""The commands of the pages: what stands in blocks marked as `sh`, line by line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tests.checkout import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```sh\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)
COMPOUND = re.compile(r"^(for|while|if|case|until)\b", re.MULTILINE)


class Said(msgspec.Struct, frozen=True):
    """One command as a page says it, without its comment."""

    page: str
    text: str

    @property
    def where(self) -> str:
        """For the names of tests."""
        return f"{self.page}: {self.text.splitlines()[0]}"


def of_page(page: Path) -> Iterator[Said]:
    """Every command, in its order; a block with a loop in it is one."""
    name = page.relative_to(ROOT).as_posix()
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        block = textwrap.dedent(found[2]).replace("\\\n", " ")
        if COMPOUND.search(block):
            yield Said(name, block.strip())
            continue
        for line in block.splitlines():
            command = re.sub(r"\s+# .*", "", re.sub(r"\s{2,}", " ", line)).strip()
            if command and not command.startswith("#"):
                yield Said(name, command)


def everything() -> list[Said]:
    """Of all pages."""
    return [said for page in PAGES for said in of_page(page)]

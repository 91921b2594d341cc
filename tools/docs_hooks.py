"""For the site: links to files of the repository that are no pages, and pages that the navigation forgot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath
from typing import Any

LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"^ *```.*?^ *```", flags=re.MULTILINE | re.DOTALL)


def on_config(config: Any) -> Any:
    """Called by MkDocs first: whatever the navigation leaves out is in its last part."""
    named = set(_pages(config.nav))
    there = sorted(
        path.relative_to(config.docs_dir).as_posix() for path in Path(config.docs_dir).rglob("*.md")
    )
    more = [name for name in there if name not in named]
    if more:
        config.nav = [*config.nav, {"More": more}]
    return config


def _pages(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for each in part.values():
            yield from _pages(each)
    else:
        for each in part:
            yield from _pages(each)


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Called for each page: links to what is no page become the file's name."""
    folder = Path(page.file.src_uri).parent.as_posix()
    parts: list[str] = []
    end = 0
    for fence in FENCE.finditer(markdown):
        parts += [_without(markdown[end : fence.start()], folder), fence[0]]
        end = fence.end()
    return "".join([*parts, _without(markdown[end:], folder)])


def _without(prose: str, folder: str) -> str:
    return LINK.sub(lambda found: _shown(found, folder), prose)


def _shown(found: re.Match[str], folder: str) -> str:
    words, target, _ = found.groups()
    path = normpath(f"docs/{folder}/{target}")
    if path.startswith("docs/"):
        return found[0]
    return words if words.strip("`") in path else f"{words} (`{path}`)"

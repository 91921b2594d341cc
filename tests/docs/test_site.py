"""The pages as a site: whole, reachable, and nothing of it from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.checkout import ROOT

MKDOCS = Path(sys.executable).parent / "mkdocs"
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
PAGES = {"start.md", "hardware.md", "satellites.md", "home-assistant.md", "own-sentences.md",
         "SECURITY_INVARIANTS.md", "troubleshooting.md", "api.md", "architecture.md"}  # fmt: skip


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    # Not --quiet: warnings that are not written are not counted.
    config = ["--config-file", str(source / "mkdocs.yml"), "--site-dir", str(site)]
    return subprocess.run(
        [str(MKDOCS), "build", "--strict", *config],
        cwd=source,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MKDOCS.exists():
        pytest.skip("MkDocs is not installed: it is one of the packages for tests")
    made = tmp_path_factory.mktemp("site")
    done = build(ROOT, made)
    assert done.returncode == 0, done.stderr
    return made


class Page(HTMLParser):
    """What a page loads, where it leads, and its anchors."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "link" and given.get("rel") != "canonical":
            self.loads.append(given.get("href", ""))
        elif tag in LOADED and LOADED[tag] in given:
            self.loads.append(given[LOADED[tag]])
        elif tag == "a" and "href" in given:
            self.leads.append(given["href"])


def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_page_is_there(site: Path) -> None:
    wanted = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    names = {
        "index.html" if path.name == "README.md" else path.with_suffix(".html").as_posix() for path in wanted
    }
    assert names <= {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path, page in pages(site).items():
        for target in page.loads:
            assert not urlsplit(target).netloc, f"{path.name} loads {target}"
            assert (path.parent / unquote(urlsplit(target).path)).exists(), f"{path.name} loads {target}"
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", text), style.name


def test_every_link_leads_somewhere(site: Path) -> None:
    found = pages(site)
    for path, page in found.items():
        for target in page.leads:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            there = there / "index.html" if there.is_dir() else there
            assert there.exists(), f"{path.name} leads to {target}"
            if parts.fragment and there in found:
                assert unquote(parts.fragment) in found[there].ids, f"{path.name} leads to {target}"


def test_every_page_can_be_reached_from_the_first(site: Path) -> None:
    found = pages(site)
    seen, left = set(), [site / "index.html"]
    while left:
        path = left.pop()
        if path in seen or path not in found:
            continue
        seen.add(path)
        left += [
            (path.parent / unquote(urlsplit(each).path)).resolve()
            for each in found[path].leads
            if not urlsplit(each).netloc
        ]
    assert set(found) == seen


def test_the_parts_that_people_look_for_are_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES:
        assert f"- {page}\n" in text, page


@pytest.mark.parametrize("line", ["[gone](nowhere.md)", "[gone](start.md#no-such-heading)"])
def test_a_broken_link_stops_it(tmp_path: Path, line: str) -> None:
    if not MKDOCS.exists():
        pytest.skip("MkDocs is not installed: it is one of the packages for tests")
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    (source / "tools").symlink_to(ROOT / "tools")
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    (source / "mkdocs.yml").write_text(
        re.sub(r"^nav:.*?(?=^extra)", "nav: [README.md]\n", text, flags=re.MULTILINE | re.DOTALL)
    )
    (source / "docs" / "README.md").write_text("# One\n")
    (source / "docs" / "start.md").write_text(
        "# Two\nBack to [one](README.md#one), and [away](../LICENSE).\n"
    )
    good = build(source, tmp_path / "good")
    assert good.returncode == 0, good.stderr
    assert "away (<code>LICENSE</code>)" in (tmp_path / "good" / "start.html").read_text()
    (source / "docs" / "README.md").write_text(f"# One\n{line}\n")
    assert build(source, tmp_path / "bad").returncode != 0

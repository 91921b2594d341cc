"""A browser, signed in at a real web process; the appliance behind it is `house.Behind`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.web.access.codes import make_code
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from tests.web.access.served import PASSPHRASE, Served
from tests.web.page.browser import PHONE, Browser, executable
from tests.web.page.house import Behind

CODE, SECRET = ".field:nth-of-type(1) input", ".field:nth-of-type(2) input"


@dataclass
class Seen:
    """All of it."""

    browser: Browser
    server: Served
    behind: Behind
    data: Path

    def code(self) -> str:
        return Store(self.data / "web").change(lambda state: make_code(state, wall()))

    def claim(self) -> None:
        """Be the owner; the wizard's second step shows then."""
        self.browser.open(self.server.url("/"), "document.querySelectorAll('form input').length >= 2")
        self.browser.fill(CODE, self.code())
        self.browser.fill(SECRET, PASSPHRASE)
        self.browser.click("form .primary")
        self.browser.until("document.querySelectorAll('.steps .done').length === 1")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Seen]]:
    """Makes one that nobody has claimed; all end with the module."""
    if executable() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    made: list[Seen] = []

    def make() -> Seen:
        folder = tmp_path_factory.mktemp("page")
        data = folder / "data"
        data.mkdir()
        behind = Behind(data)
        server = Served(data)
        server.wait()
        seen = Seen(Browser(folder), server, behind, data)
        seen.browser.size(PHONE, touch=True)
        made.append(seen)
        return seen

    try:
        yield make
    finally:
        for seen in made:
            seen.browser.close()
            seen.server.stop()
            seen.behind.close()


@pytest.fixture(scope="module")
def seen(fresh: Callable[[], Seen]) -> Seen:
    """The owner, at the page."""
    made = fresh()
    made.claim()
    made.browser.view("now")
    return made

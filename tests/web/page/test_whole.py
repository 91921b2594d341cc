"""The page at a whole appliance: a typed sentence, what it does, and how long each part took."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.web.access.codes import make_code
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from tests.web.access.served import PASSPHRASE
from tests.web.page.browser import PHONE, Browser, executable
from tests.web.page.conftest import CODE, SECRET
from tests.web.routes.served import Served


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Browser]]:
    if executable() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    folder: Path = tmp_path_factory.mktemp("whole")
    server = Served(folder)
    try:
        server.until_up()
        browser = Browser(folder)
        try:
            browser.size(PHONE, touch=True)
            yield server, browser
        finally:
            browser.close()
    finally:
        server.close()


def test_a_typed_sentence_is_done_and_shown(home: tuple[Served, Browser]) -> None:
    server, browser = home
    browser.open(server.url, "document.querySelectorAll('form input').length >= 2")
    browser.fill(CODE, Store(server.data / "web").change(lambda state: make_code(state, wall())))
    browser.fill(SECRET, PASSPHRASE)
    browser.click("form .primary")
    browser.until("document.querySelectorAll('.steps .done').length === 1")
    browser.view("home")
    entity = browser.until("document.querySelector('.entity [role=switch]')?.getAttribute('aria-label')")
    browser.view("now")
    browser.fill(".entry input", f"turn on the {entity}")
    browser.click(".entry .primary")
    browser.until("Boolean(document.querySelector('.turn .said')?.textContent)")
    browser.until("document.querySelector('.turn')?.textContent.includes('✓')")
    for view in ("home", "timers", "satellites", "models", "people", "health", "settings"):
        browser.view(view)
    assert browser.errors() == []


def test_the_button_opens_the_microphone_and_it_listens(home: tuple[Served, Browser]) -> None:
    _, browser = home
    browser.view("now")
    browser.click(".press")
    browser.until("['listening', 'thinking'].includes(document.querySelector('.talk').dataset.phase)")
    browser.view("timers")
    assert browser.errors() == []

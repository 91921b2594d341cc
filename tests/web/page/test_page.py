"""The page in a real headless Chromium, against a real web process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.web.access.served import PASSPHRASE
from tests.web.page.browser import PHONE, SCREENS, keep
from tests.web.page.conftest import CODE, SECRET, Seen

VIEWS = ("now", "home", "timers", "satellites", "models", "people", "health", "updates", "settings")
CHECK = (Path(__file__).parent / "check.js").read_text()
FIRST_PAINT_BYTES = 150_000


def names(seen: Seen, text: str) -> str:
    """Selects the button with this label."""
    wanted = f"(b) => b.textContent.trim() === {json.dumps(text)}"
    script = f"[...document.querySelectorAll('button')].find({wanted})"
    seen.browser.until(
        f"(() => {{ const b = {script}; if (b) b.dataset.wanted = '1'; return Boolean(b); }})()"
    )
    return "[data-wanted]"


def press(seen: Seen, text: str) -> None:
    seen.browser.click(names(seen, text))
    seen.browser.run("document.querySelector('[data-wanted]')?.removeAttribute('data-wanted')")


def test_the_first_minutes(fresh: Callable[[], Seen]) -> None:
    seen = fresh()
    browser = seen.browser
    browser.open(seen.server.url("/"), "document.querySelectorAll('form input').length >= 2")
    assert 0 < sum(browser.loaded.values()) <= FIRST_PAINT_BYTES
    assert browser.run(CHECK) == []
    browser.fill(CODE, seen.code())
    browser.fill(SECRET, "short")
    browser.click("form .primary")
    assert browser.run("document.querySelector('form').checkValidity()") is False
    browser.fill(SECRET, PASSPHRASE)
    browser.click("form .primary")
    browser.until("document.querySelectorAll('.steps .done').length === 1")
    keep(browser, "wizard-language")
    browser.until("Boolean(document.querySelector('select'))")
    browser.run("document.querySelector('form input').value = 'Kitchen'")
    browser.run("document.querySelector('select').value = 'fr'")
    browser.run("document.querySelector('select').value = 'de'")
    press(seen, "Next")
    browser.until("document.querySelectorAll('.steps .done').length === 2")
    assert [asked["name"] for asked in seen.behind.asked("setup_name")] == ["kitchen"]
    assert [asked["language"] for asked in seen.behind.asked("setup_language")] == ["de"]
    assert browser.run("document.documentElement.lang") == "de", "the rest of it is in that language"
    keep(browser, "wizard-wifi")
    browser.until("Boolean(document.querySelector('select'))")
    browser.run(
        "((e) => { e.value = 'Next door'; e.dispatchEvent(new Event('change')); })"
        "(document.querySelector('select'))"
    )
    browser.fill("input[type=password]", "a secret of theirs")
    press(seen, "Verbinden")
    browser.until("document.querySelectorAll('.steps .done').length === 3")
    joined = [asked for asked in seen.behind.asked("setup_wifi") if "ssid" in asked]
    assert [(asked["ssid"], asked["passphrase"]) for asked in joined] == [("Next door", "a secret of theirs")]
    heard = "Boolean(document.querySelector('[role=status].secret')?.textContent.includes('okay-nabu'))"
    for _ in range(100):  # until it listens for notes
        seen.behind.note(3, "wake", 100, word="okay-nabu", score=0.9)
        if browser.run(heard):
            break
        time.sleep(0.1)
    assert browser.run(heard)
    press(seen, "Weiter")
    browser.until("document.querySelectorAll('.steps .done').length === 4")
    press(seen, "Etwas sagen")
    browser.until("document.body.innerText.includes('Gehört?')")
    assert seen.behind.asked("announce")[-1]["rooms"] == ["local"]
    press(seen, "Mikrofon dieses Browsers testen")
    browser.until("Number(document.querySelector('[role=meter]').getAttribute('aria-valuenow')) > 0")
    assert browser.run(CHECK) == []
    press(seen, "Weiter")
    browser.until("document.querySelectorAll('.steps .done').length === 5")
    browser.fill("input[type=url]", "http://ha.local:8123")
    browser.fill("input[type=password]", "long token")
    press(seen, "Verbinden")
    browser.until("document.querySelectorAll('.steps .done').length === 6")
    (linked,) = seen.behind.asked("setup_home_assistant")
    assert (linked["url"], linked["token"]) == ("http://ha.local:8123", "long token")
    assert browser.run(CHECK) == []
    keep(browser, "wizard-ready")
    press(seen, "Los")
    browser.until("Boolean(document.querySelector('.view-now .press'))")
    assert browser.errors() == []


def test_a_wrong_code_is_said_with_what_to_do(fresh: Callable[[], Seen]) -> None:
    seen = fresh()
    del seen.behind.serving.answers["claim_verify"]
    browser = seen.browser
    browser.open(seen.server.url("/#/home"), "document.querySelectorAll('form input').length >= 2")
    browser.fill(CODE, "0000-0000")
    browser.fill(SECRET, PASSPHRASE)
    browser.click("form .primary")
    browser.until("Boolean(document.querySelector('.banner p')?.textContent)")
    assert browser.run("document.querySelectorAll('.steps .done').length") == 0


@pytest.mark.parametrize("view", [*VIEWS, "more"])
def test_every_view_is_there_and_can_be_used_by_everybody(seen: Seen, view: str) -> None:
    browser = seen.browser
    for name, size, dark in SCREENS:
        browser.size(size, dark=dark, touch=name != "desktop")
        browser.view(view)
        keep(browser, f"{view}-{name}")
        browser.run("for (const each of document.querySelectorAll('main details')) each.open = true")
        browser.until("!document.querySelector('main [aria-busy=true]')")
        assert browser.run(CHECK) == [], name
        browser.run("for (const each of document.querySelectorAll('main details')) each.open = false")
    browser.size(PHONE, touch=True)
    assert browser.errors() == []


def test_the_check_finds_what_it_is_for(seen: Seen) -> None:
    seen.browser.view("timers")
    seen.browser.run("""(() => {
      const bad = document.createElement('div');
      bad.id = 'bad';
      bad.innerHTML = '<p>pale</p><button></button><h1 id="bad">again</h1>';
      bad.firstChild.style.color = 'rgb(200, 200, 200)';
      bad.querySelector('button').style.width = '20px';
      document.querySelector('main').append(bad);
    })()""")
    found = " ".join(seen.browser.run(CHECK))
    seen.browser.run("document.querySelector('#bad').remove()")
    for each in ("contrast 1.", "no name: button", "small 20×", "id twice: bad", "not one h1"):
        assert each in found
    assert seen.browser.run(CHECK) == []


def test_a_spoken_turn_is_shown_with_the_time_of_each_part(seen: Seen) -> None:
    browser = seen.browser
    browser.view("now")
    seen.behind.spoken_turn(21)
    browser.until("document.querySelector('.turn .figure')?.textContent === '670 ms'")
    assert browser.run("document.querySelector('.turn .said').textContent") == "Turned on the reading lamp"
    shown = browser.run("[...document.querySelectorAll('.turn .bars .ms')].map((e) => e.textContent)")
    assert shown == ["350 ms", "80 ms", "25 ms", "85 ms", "130 ms"]
    aloud = browser.run("document.querySelector('[role=log]').textContent")
    assert "Heard: turn on the reading lamp" in aloud
    assert "Answer: Turned on the reading lamp" in aloud


def test_a_typed_turn_counts_from_its_beginning(seen: Seen) -> None:
    browser = seen.browser
    browser.view("now")
    for kind, at_ms, data in (
        ("intent", 97_000, {"intent": "HassTurnOn", "source": "grammar", "ms": 9}),
        ("reply", 97_020, {"text": "Turned it on"}),
        ("first_audio", 97_130, {"speech_end_ms": 0}),
        ("done", 97_900, {"outcome": "done"}),
    ):
        seen.behind.note(41, kind, at_ms, **data)
    browser.until("document.querySelector('.turn .said')?.textContent === 'Turned it on'")
    browser.until("document.querySelector('.turn .figure')?.textContent === '130 ms'")


def test_a_device_is_switched_and_a_sentence_tried(seen: Seen) -> None:
    browser = seen.browser
    browser.view("home")
    browser.click("[role=switch][aria-label='Reading lamp']")
    browser.until("!document.querySelector('[role=switch][aria-busy=true]')")
    deed = seen.behind.asked("deed")[-1]
    assert (deed["entity_id"], deed["service"]) == ("light.living", "turn_on")
    browser.fill("#attempt", "turn on the reading lamp")
    browser.key("Enter", 13)
    browser.run("document.querySelector('#attempt').form.requestSubmit()")
    browser.until("document.querySelector('.meaning')?.textContent.includes('Reading lamp')")


def test_what_the_policy_forbids_goes_back_and_is_said(seen: Seen) -> None:
    browser = seen.browser
    allowed = seen.behind.serving.answers["deed"]
    seen.behind.serving.answers["deed"] = {
        "verdict": "deny",
        "words": "You may not.",
        "question": "",
        "results": [],
    }
    try:
        browser.view("home")
        browser.click("[role=switch][aria-label='Front door']")
        browser.until("document.querySelector('.banner')?.textContent.includes('You may not.')")
        state = (
            "document.querySelector(\"[role=switch][aria-label='Front door']\").getAttribute('aria-checked')"
        )
        browser.until(f"{state} === 'false'")
    finally:
        seen.behind.serving.answers["deed"] = allowed


def test_the_day_is_drawn_with_its_gaps(seen: Seen) -> None:
    browser = seen.browser
    browser.view("health")
    titles = browser.run(
        "[...document.querySelectorAll('.graphs .card:has(.graph) h2')].map((e) => e.textContent)"
    )
    assert titles == ["Latency", "Memory", "Load", "Temperature", "Pressure"]
    lines = browser.run("document.querySelectorAll('.graph')[0].querySelectorAll('.over').length")
    assert lines == len(["usual", "slowest of twenty"])
    drawn = browser.run("document.querySelectorAll('.graph')[1].querySelector('.over').getAttribute('d')")
    assert drawn.count("M") == len(["before it was off", "and after"])
    browser.size((1280, 1500))
    keep(browser, "health-graphs")
    browser.size(PHONE, touch=True)
    assert "most today" in browser.run("document.querySelector('.graphs').textContent")
    assert seen.behind.asked("health_history")[-1]["every"] > 1


def test_nobody_forgets_everything_by_accident(seen: Seen) -> None:
    browser = seen.browser
    browser.view("updates")
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    browser.fill("details form input", "forget")
    browser.run("document.querySelector('details form').requestSubmit()")
    assert browser.run("document.querySelector('details form .danger').disabled")
    assert seen.behind.asked("factory_reset") == []
    browser.run("document.querySelectorAll('.banner').forEach((each) => each.remove())")
    browser.fill("details form input", "Forget everything")
    keep(browser, "forget")
    press(seen, "Forget everything")
    browser.until("document.querySelector('details form [role=status]').textContent.includes('starts anew')")
    assert len(seen.behind.asked("factory_reset")) == 1


def test_a_satellite_gets_a_code_to_scan(seen: Seen) -> None:
    browser = seen.browser
    browser.view("satellites")
    press(seen, "Add")
    browser.until("Boolean(document.querySelector('dialog[open] form'))")
    browser.fill("dialog input", "attic")
    press(seen, "Make its code")
    browser.until("document.querySelector('dialog .qr')?.naturalWidth > 0")
    assert "appliance://attic" in browser.run("document.querySelector('dialog .secret').textContent")
    browser.key("Escape", 27)
    browser.until("!document.querySelector('dialog')")


def test_settings_are_found_and_changed(seen: Seen) -> None:
    browser = seen.browser
    browser.view("settings")
    browser.fill("input[type=search]", "audio.volume")
    browser.until("document.querySelectorAll('.setting').length === 1")
    browser.fill(".setting input", "0.4")
    press(seen, "Save")
    browser.until("document.querySelector('.setting .meta').textContent.includes('chosen here')")
    assert seen.behind.asked("setting_choose")[-1]["value"] == 0.4


def test_what_waits_for_a_restart_has_its_button_there(seen: Seen) -> None:
    browser = seen.browser
    answers = seen.behind.serving.answers
    chosen = answers["setting_choose"]
    answers["setting_choose"] = chosen | {"needs_restart": True}
    try:
        browser.view("now")
        browser.view("settings")
        browser.fill("input[type=search]", "audio.volume")
        browser.until("document.querySelectorAll('.setting').length === 1")
        browser.fill(".setting input", "0.4")
        press(seen, "Save")
        browser.until("document.querySelector('.setting').textContent.includes('after a restart.')")
        assert browser.run(CHECK) == []
        before = len(seen.behind.asked("restart"))
        press(seen, "Restart now")
        browser.until("document.querySelector('.setting').textContent.includes('It starts anew')")
        assert len(seen.behind.asked("restart")) == before + 1
    finally:
        answers["setting_choose"] = chosen


def test_typed_words_survive_a_reload_and_not_a_logout(fresh: Callable[[], Seen]) -> None:
    seen = fresh()
    seen.claim()
    browser = seen.browser
    entry = ".view-now .entry input"
    browser.view("now")
    browser.fill(entry, "turn on the")
    browser.open(seen.server.url("/#/now"), f"Boolean(document.querySelector('{entry}'))")
    browser.send("Page.reload")
    browser.until(f"document.querySelector('{entry}')?.value === 'turn on the'")
    browser.view("timers")
    browser.view("now")
    browser.until(f"document.querySelector('{entry}')?.value === 'turn on the'")
    browser.view("more")
    browser.click(".view-more .row .button")
    browser.until("Boolean(document.querySelector('.view-login input[type=password]'))")
    assert browser.run("sessionStorage.length") == 0


def test_without_the_server_it_says_so_and_comes_back(fresh: Callable[[], Seen]) -> None:
    seen = fresh()
    seen.claim()
    seen.browser.view("now")
    seen.browser.send(
        "Network.emulateNetworkConditions",
        offline=True,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
    seen.browser.run("location.hash = '#/timers'")
    seen.browser.until("document.body.innerText.includes('The connection is lost')")
    seen.browser.send(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
    press(seen, "Try again")
    seen.browser.until("document.querySelector('.view-timers')?.textContent.includes('Pasta')")
    seen.browser.until("!document.body.innerText.includes('The connection is lost')")


def test_it_speaks_german_where_the_house_does(seen: Seen) -> None:
    script = """(async () => {
      const app = document.querySelector('script[type=module]').src;
      const i18n = await import(app.replace('app.js', 'i18n.js'));
      await i18n.load('de');
      const said = [i18n.t('{count} min', {count: 5}), i18n.t('Timers'), i18n.t('Home')];
      await i18n.load('en');
      return said;
    })()"""
    assert seen.browser.run(script) == ["5 min", "Timer", "Zuhause"]

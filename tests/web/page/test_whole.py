"""A person at the page of a whole appliance, in a real Chromium whose microphone plays what they say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.audio import pcm
from appliance.demonstration import speak
from appliance.engines import loading
from appliance.web.access.codes import make_code
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from appliance.wire.messages import SpeechGrammar
from tests.hearing import SILENCE
from tests.web.access.served import PASSPHRASE
from tests.web.page.browser import PHONE, executable, keep, keep_all
from tests.web.page.conftest import CODE, SECRET
from tests.web.page.home import Home, until
from tests.web.test_whole import web_pids

LIGHT = "light.kitchen_light"
COMMAND, ANSWER = "turn on the kitchen light", "turned on the light"
CHECK = (Path(__file__).parent / "check.js").read_text()


def understood(speech: bytes, *sentences: str) -> str:
    """Which of these sentences it is."""
    engine = loading.create("stt", "pocketsphinx", {}, {}, 1)
    engine.open()
    try:
        engine.set_grammar(SpeechGrammar(sentences, {}))
        engine.start()
        for block in pcm.blocks(speech + SILENCE):
            list(engine.feed(block))
        return str(engine.finish().text)
    finally:
        engine.close()


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Nobody's yet: the first test makes it somebody's, and all others are signed in with it."""
    if executable() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    made = Home(tmp_path_factory.mktemp("spoken"))
    try:
        made.browser.size(PHONE, touch=True)
        walk(made)
        yield made
    finally:
        made.close()


@pytest.fixture
def home(claimed: Home) -> Iterator[Home]:
    claimed.says(SILENCE)
    claimed.anew()
    claimed.browser.errors()
    yield claimed
    assert claimed.browser.errors() == []


def step(home: Home, number: int) -> None:
    home.browser.until(f"document.querySelectorAll('.steps .done').length === {number}")
    assert home.browser.run(CHECK) == []


def press(home: Home, label: str) -> None:
    wanted = (
        f"[...document.querySelectorAll('button')].find((b) => b.textContent.trim() === {json.dumps(label)})"
    )
    home.browser.until(
        f"(() => {{ const b = {wanted}; if (b) b.dataset.wanted = '1'; return Boolean(b); }})()"
    )
    home.browser.click("[data-wanted]")
    home.browser.run("document.querySelector('[data-wanted]')?.removeAttribute('data-wanted')")


def walk(home: Home) -> None:
    """From the claim code to the first view."""
    browser = home.browser
    browser.open(f"http://127.0.0.1:{home.port}/", "document.querySelectorAll('form input').length >= 2")
    keep_all(browser, "wizard-1-claim")
    browser.fill(CODE, Store(home.data / "web").change(lambda state: make_code(state, wall())))
    browser.fill(SECRET, PASSPHRASE)
    browser.click("form .primary")
    step(home, 1)
    keep_all(browser, "wizard-2-language")
    browser.run("((e) => { e.value = 'Europe/Berlin'; })([...document.querySelectorAll('select')].at(-1))")
    press(home, "Next")
    step(home, 2)
    if home.wakes:
        browser.until("document.body.innerText.includes('Say it now')")
        heard = "document.querySelector('[role=status].secret').textContent.includes('✓')"
        for _ in range(5):  # the page may have begun to listen in the middle of it
            asyncio.run(home.running.hear(speak("Hey Jarvis")))
            with contextlib.suppress(AssertionError):
                browser.until(heard, 8)
                break
        assert browser.run(heard)
    keep_all(browser, "wizard-3-wake")
    press(home, "Next")
    step(home, 3)
    home.says(SILENCE + 3 * speak("one two three four five six"))
    press(home, "Say something")
    browser.until("document.body.innerText.includes('Did you hear it?')")
    press(home, "Test this browser's microphone")
    browser.until("Number(document.querySelector('[role=meter]').getAttribute('aria-valuenow')) > 10")
    keep_all(browser, "wizard-4-sound")
    press(home, "Next")
    step(home, 4)
    keep_all(browser, "wizard-5-home")
    press(home, "None")
    step(home, 5)
    assert home.ask("setup")["zone"] == "Europe/Berlin"
    keep_all(browser, "wizard-6-ready")
    press(home, "Begin")
    browser.until("Boolean(document.querySelector('.view-now .press'))")
    assert browser.errors() == []
    home.ask("hush")


def test_a_spoken_sentence_is_shown_while_it_is_said_done_and_answered_aloud(home: Home) -> None:
    home.set(LIGHT, "kitchen light", "off")

    def press() -> None:
        home.browser.click(".press")
        home.browser.until("document.querySelector('.talk').dataset.phase === 'listening'")
        keep(home.browser, "spoken-listening")

    home.says_until(COMMAND, LIGHT, "on", press=press)
    home.browser.until(
        "document.querySelector('.turn .said')?.textContent.toLowerCase() === 'turned on the light'"
    )
    keep_all(home.browser, "spoken-answer")
    shown = home.browser.run("window.shown.filter(Boolean)")
    assert COMMAND in shown
    assert any(each != COMMAND and COMMAND.startswith(each) for each in shown), shown
    until(lambda: any(each["type"] == "played" for each in home.told(sent=True)), "it was never heard")
    assert any(each["type"] == "playing" and each["at_ms"] for each in home.told(sent=True))
    reply = " ".join(
        each["data"]["text"]
        for each in home.told(sent=False)
        if each.get("type") == "note" and each["kind"] == "reply"
    )
    assert understood(home.speech(), ANSWER, "turned off the light", "it is ten past nine") == ANSWER, reply
    home.browser.until("document.querySelectorAll('.turn .bars dt').length >= 4")
    assert home.browser.run(CHECK) == []


def test_speaking_over_the_answer_stops_it_and_is_heard(home: Home) -> None:
    home.set(LIGHT, "kitchen light", "on")
    home.says(6 * SILENCE + speak("turn off the kitchen light") + 4 * SILENCE)
    home.browser.click(".press")
    home.browser.until("document.querySelector('.talk').dataset.phase === 'listening'")
    home.browser.run("document.querySelector('.talk').focus(); document.activeElement.blur()")
    home.browser.key("Escape", 27)
    over = "[...document.querySelectorAll('.turn')].some((e) => e.textContent.includes('interrupted'))"
    home.browser.run(f"""(async () => {{
      const entry = document.querySelector('.entry');
      const talk = document.querySelector('.talk');
      for (let i = 0; i < 40 && !({over}); i += 1) {{
        if (talk.dataset.phase === 'idle') {{
          entry.querySelector('input').value = 'which lights are on';
          entry.requestSubmit();
        }}
        await new Promise((done) => setTimeout(done, 300));
      }}
    }})()""")
    keep(home.browser, "spoken-interrupted")
    home.until_state(LIGHT, "off")
    stopped = [each["turn"] for each in home.told(sent=False) if each.get("type") == "cancel"]
    heard = [
        each["turn"]
        for each in home.told(sent=False)
        if each.get("type") == "note"
        and each["kind"] == "transcript"
        and each["data"]["text"] == "turn off the kitchen light"
    ]
    assert stopped
    assert heard
    assert min(heard) > min(stopped)


def test_the_conversation_goes_on_after_the_web_process_was_killed(home: Home) -> None:
    home.set(LIGHT, "kitchen light", "off")
    home.types(COMMAND)
    home.until_state(LIGHT, "on")
    home.browser.until("Boolean(document.querySelector('.turn .said')?.textContent)")
    (pid,) = web_pids(home.running)
    os.kill(pid, signal.SIGKILL)
    home.browser.until("document.body.innerText.includes('The connection is lost')")
    keep_all(home.browser, "lost")
    assert home.browser.run(f"document.body.innerText.includes('{COMMAND}')"), "what was said is still shown"
    home.types("turn it off")  # into nothing: it is sent when somebody is there again
    home.until_state(LIGHT, "off")
    home.browser.until("!document.body.innerText.includes('The connection is lost')")
    home.browser.until("document.querySelector('.turn')?.textContent.includes('turn it off')")
    home.browser.send("Page.reload")
    home.browser.until("document.querySelector('.turn')?.textContent.includes('turn it off')")
    assert "refused" not in {each.get("type") for each in home.told(sent=False)}
    home.browser.errors()  # the console says that the connection was lost, too


def test_the_page_comes_back_with_an_appliance_that_was_killed(home: Home) -> None:
    home.types("what time is it")
    home.browser.until("Boolean(document.querySelector('.turn .said')?.textContent)")
    assert home.running.close(signal.SIGKILL) != 0
    home.browser.until("document.body.innerText.includes('The connection is lost')")
    home.browser.run("location.hash = '#/home'")
    home.browser.until("document.body.innerText.includes('The appliance does not answer')")
    keep_all(home.browser, "away")
    home.started()
    home.browser.until("Boolean(document.querySelector('.view-home .entity'))")
    home.browser.view("now")
    home.set(LIGHT, "kitchen light", "off")
    home.types(COMMAND)
    home.until_state(LIGHT, "on")
    home.browser.errors()


@pytest.mark.parametrize("view", ["home", "timers", "satellites", "models", "people", "health", "updates"])
def test_every_view_works_with_the_real_interface(home: Home, view: str) -> None:
    home.browser.view(view)
    home.browser.run("for (const each of document.querySelectorAll('main details')) each.open = true")
    home.browser.until("!document.querySelector('main [aria-busy=true]')")
    assert home.browser.run(CHECK) == []
    keep(home.browser, f"whole-{view}")
    assert home.browser.run("window.troubles") == []


def test_everything_is_said_and_read_without_a_sound(home: Home) -> None:
    home.browser.run("localStorage.setItem('appliance-speech', 'no')")
    home.anew()
    home.set(LIGHT, "kitchen light", "off")
    home.types(COMMAND)
    home.until_state(LIGHT, "on")
    home.browser.until("document.querySelector('[role=log]').textContent.includes('Answer:')")
    # who cannot hear may speak
    home.says_until("turn off the kitchen light", LIGHT, "off", press=lambda: home.browser.click(".press"))
    home.browser.until("document.querySelectorAll('.turn').length >= 2")
    home.browser.run("localStorage.removeItem('appliance-speech')")
    assert not any(isinstance(frame.data, bytes) and not frame.sent for frame in home.browser.frames)


def test_all_of_it_goes_with_the_keyboard_alone(home: Home) -> None:
    browser = home.browser
    home.set(LIGHT, "kitchen light", "off")
    browser.run("document.activeElement.blur()")
    seen = []
    while len(seen) < 30 and "press" not in seen:
        browser.key("Tab", 9)
        seen.append(browser.run("document.activeElement.className"))
    assert seen[0] == "skip"
    assert seen[-1] == "press"
    assert browser.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keep(browser, "keyboard")

    def enter() -> None:
        browser.run("document.querySelector('.press').focus()")
        browser.key("Enter", 13, "\r")

    home.says_until(COMMAND, LIGHT, "on", press=enter)
    for view in ("timers", "now"):
        browser.run(f"document.querySelector('nav a[href=\"#/{view}\"]').focus()")
        browser.key("Enter", 13, "\r")
        browser.until(f"document.activeElement.matches('.view-{view} h1')")

    def space() -> None:
        browser.run("document.activeElement.blur()")
        browser.key("Space", 32, " ")

    home.says_until("turn off the kitchen light", LIGHT, "off", press=space)

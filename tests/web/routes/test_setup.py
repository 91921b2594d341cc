"""The wizard's choices: tried, kept, in force; secrets never told; what needs the image says so."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from tests.home.hass.fake import TOKEN, Fake
from tests.web.routes.served import SECONDS, Served, refused


@contextlib.contextmanager
def home_assistant() -> Iterator[str]:
    """A server that greets and takes the right token, in a thread of its own; its address."""
    fake, up, over = Fake(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with fake.serving():
            up.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert up.wait(SECONDS)
        yield fake.url
    finally:
        over.set()
        thread.join()


def until_it_listens(served: Served) -> None:
    deadline = time.monotonic() + SECONDS
    while served.http.get("/healthz").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def until_it_is_written(served: Served, text: str) -> None:
    """What is chosen soon after something else waits some seconds, so that the card is spared."""
    file, deadline = served.data / "chosen.toml", time.monotonic() + SECONDS
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < deadline, file.read_text()
        time.sleep(0.1)


def test_what_is_set_up(served: Served) -> None:
    told = served.http.get("/api/setup").json()
    assert told["name"]
    assert "hostnamectl" in told["name_why"]
    assert (told["language"], told["language_why"], told["zone_why"]) == ("en", "", "")
    assert {"en", "de"} <= set(told["languages"])
    assert told["home_assistant"] == {"url": "", "token": False, "state": "none", "reason": ""}
    assert told["wifi"]["offered"] is False
    assert "image" in told["wifi"]["why"]


def test_the_zone_is_in_force_and_can_be_taken_back(served: Served) -> None:
    answer = served.http.post("/api/setup/zone", json={"zone": "Asia/Tokyo"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["zone"] == "Asia/Tokyo"
    assert served.ask("settings", keys=["timers.zone"])["settings"]["timers.zone"]["value"] == "Asia/Tokyo"
    until_it_is_written(served, "Asia/Tokyo")
    refused(served.http.post("/api/setup/zone", json={"zone": "Mars/Olympus"}), 409, "Mars/Olympus", "Berlin")
    assert served.http.post("/api/setup/zone", json={"zone": ""}).status_code == 200


def test_the_page_speaks_another_language_without_a_new_process(served: Served) -> None:
    try:
        answer = served.http.post("/api/setup/language", json={"language": "de"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["language"] == "de"
        assert served.http.get("/api/session").json()["language"] == "de"
        assert '<html lang="de"' in served.http.get("/").text
    finally:
        assert served.http.post("/api/setup/language", json={"language": "en"}).status_code == 200
    until_it_listens(served)
    assert served.http.get("/api/session").json()["language"] == "en"
    refused(served.http.post("/api/setup/language", json={"language": "tlh"}), 409, "tlh", "de")


def test_home_assistant_is_tried_before_it_is_kept_and_its_token_is_never_told(served: Served) -> None:
    with home_assistant() as url:
        path = "/api/setup/home-assistant"
        refused(served.http.post(path, json={"url": url}), 409, "token")
        refused(served.http.post(path, json={"url": url, "token": "wrong"}), 409, "does not accept the token")
        assert served.http.get("/api/setup").json()["home_assistant"]["url"] == ""
        try:
            answer = served.http.post(path, json={"url": url, "token": TOKEN})
            assert answer.status_code == 200, answer.text
            assert answer.json()["home_assistant"] == {
                "url": url, "token": True, "state": "connected", "reason": "",
            }  # fmt: skip
            devices = {each["id"] for each in served.http.get("/api/devices").json()["entities"]}
            assert "light.a" in devices, "it is there without a restart"
            (kept,) = (served.data / "secrets").iterdir()
            assert (kept.read_text(), kept.stat().st_mode & 0o777) == (TOKEN, 0o600)
            told = answer.text + served.http.get("/api/setup").text + served.http.get("/api/settings").text
            assert TOKEN not in told
            assert TOKEN not in (served.data / "chosen.toml").read_text()
            assert TOKEN not in served.running.log()
            # Kept for the same host; another one would be given it.
            assert served.http.post(path, json={"url": f"{url}/"}).status_code == 200
            refused(served.http.post(path, json={"url": "http://127.0.0.2:8123"}), 409, "token")
        finally:
            assert served.http.post(path, json={"url": ""}).json()["home_assistant"]["state"] == "none"
            assert list((served.data / "secrets").iterdir()) == []
            left = {each["id"] for each in served.http.get("/api/devices").json()["entities"]}
            assert "light.a" not in left


@pytest.mark.parametrize(
    ("url", "words"),
    [("nonsense", "home_assistant.url"), ("http://127.0.0.1:9", "127.0.0.1:9"), ("http://u:p@x", "password")],
)
def test_no_home_assistant_there(served: Served, url: str, words: str) -> None:
    refused(served.http.post("/api/setup/home-assistant", json={"url": url, "token": "t"}), 409, words)


@pytest.mark.parametrize("key", ["home_assistant.url", "home_assistant.token_file"])
def test_only_the_set_up_changes_where_the_token_goes(served: Served, key: str) -> None:
    refused(served.http.patch(f"/api/settings/{key}", json={"value": "/etc/passwd"}), 409, key)


def test_what_only_the_image_can_do_says_so(served: Served) -> None:
    refused(served.http.post("/api/setup/name", json={"name": "kitchen"}), 409, "hostnamectl")
    assert served.http.get("/api/setup/wifi").json()["networks"] == []
    refused(served.http.post("/api/setup/wifi", json={"ssid": "Home", "passphrase": "x"}), 409, "image")
    refused(served.http.post("/api/factory-reset", json={"sure": False}), 409, "sure")
    refused(served.http.post("/api/factory-reset", json={"sure": True}), 409, "image")


def test_only_for_the_owner(served: Served) -> None:
    with served.client("read", "control", "chat", "speak") as client:
        refused(client.get("/api/setup"), 403, "admin")
        for path in ("name", "zone", "language", "home-assistant", "wifi"):
            refused(client.post(f"/api/setup/{path}", json={}), 403, "admin")
        refused(client.post("/api/restart"), 403, "admin")
        refused(client.post("/api/factory-reset", json={"sure": True}), 403, "admin")

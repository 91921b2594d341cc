"""Asking the helper."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from appliance.updating import asking
from appliance.updating.errors import UpdateError
from appliance.updating.places import Places


def answering(places: Places, answer: bytes) -> threading.Thread:
    places.socket.parent.mkdir(parents=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(places.socket))
    server.listen()

    def run() -> None:
        with server:
            client, _ = server.accept()
            with client:
                client.recv(4_096)
                client.sendall(answer)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


async def test_an_answer(tmp_path: Path) -> None:
    thread = answering(Places(tmp_path), b'{"version": "1.0"}\n')
    assert await asking.ask_later(Places(tmp_path), "rollback") == {"version": "1.0"}
    thread.join()


@pytest.mark.parametrize(
    ("answer", "why"),
    [(b'{"error": "no", "hint": "because"}\n', "no"), (b"", "cannot be read"), (b"[1]\n", "cannot be read")],
)
def test_a_no(tmp_path: Path, answer: bytes, why: str) -> None:
    thread = answering(Places(tmp_path), answer)
    with pytest.raises(UpdateError, match=why):
        asking.ask(Places(tmp_path), "install")
    thread.join()


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match="nobody"):
        asking.ask(Places(tmp_path), "install")
    places = Places(tmp_path)
    places.socket.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(places.socket))
    assert places.socket.exists()
    with pytest.raises(UpdateError, match="nobody"):
        asking.ask(places, "install")

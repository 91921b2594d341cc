"""The reference satellite as a process of its own, with a virtual microphone, on a real broker."""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.audio import pcm
from appliance.demonstration import speak
from appliance.satellites import protocol
from tests.appliances import COMMAND, Running, alive, descendants, environment, next_note, stage, with_models
from tests.broker import Mosquitto
from tests.satellites.remote import House, connected, house, until

COMMANDED = "Hey Jarvis, turn on the light"
TENTH = b"\x00\x10" * 1_600


def satellite(broker: Mosquitto, data: Path, name: str = "kitchen", **more: str) -> Running:
    return Running(
        data,
        "--mode",
        "satellite",
        mqtt__host="127.0.0.1",
        mqtt__port=str(broker.port),
        mqtt__username="tester",
        mqtt__password=broker.users["tester"],
        mqtt__reconnect_max_seconds="0.5",
        satellite__name=name,
        satellite__area="Kitchen",
        **more,
    )


@pytest.fixture(scope="module")
def spoken() -> bytes:
    return speak(COMMANDED)


@pytest.fixture
def kitchen(broker: Mosquitto, wake_models: Path, tmp_path: Path) -> Iterator[Running]:
    running = satellite(broker, with_models(tmp_path / "kitchen", wake_models))
    try:
        yield running
    finally:
        running.close()


async def with_hub(running: Running) -> dict[str, Any]:
    return await running.until(lambda status: status["listening"] and status["satellite"]["hub"] == "here")


async def answer(home: House, name: str, text: str, pieces: int = 5, after: int = 0) -> int:
    """Let the scripted stages do their part of the next turn there."""
    await until(lambda: home.turn(name) > after)
    turn = home.turn(name)
    await until(lambda: len(home.audio(turn)) > 1_500 * pcm.BYTES_PER_MS)
    home.heard(turn, "turn on the light")
    home.meant(turn, text)
    home.synthesize(pieces, TENTH)
    return turn


async def test_it_hears_its_wake_word_sends_what_follows_and_plays_the_answer(
    broker: Mosquitto, kitchen: Running, spoken: bytes
) -> None:
    async with house(broker.address("demo")) as home:
        await with_hub(kitchen)
        info = home.info("kitchen")
        assert (info.area, info.online, info.capabilities.detects) == ("Kitchen", True, True)
        assert info.counters["audio_bytes"] == 0
        async with kitchen.notes() as notes:
            await kitchen.hear(spoken)
            turn = await answer(home, "kitchen", "It is on.")
            heard = home.audio(turn)
            played = await next_note(notes, "played")
            done = await next_note(notes, "done")
        assert played.data["seconds"] == pytest.approx(0.5)
        assert played.data["rms"] > 0.01
        assert done.data["outcome"] == "answered"
        # From 300 ms before the end of the wake word on, sample by sample what was spoken.
        loudest = spoken[2_000 * pcm.BYTES_PER_MS : 2_000 * pcm.BYTES_PER_MS + 64]
        assert any(loudest)
        assert loudest in heard
        sent = home.info("kitchen").counters["audio_bytes"]
        status = await kitchen.status()
        assert status["satellite"]["chimes"] == 1
        assert status["satellite"]["audio_bytes"] == sent, "all that was sent came, and nothing since"


async def test_the_wake_word_interrupts_the_answer(
    broker: Mosquitto, kitchen: Running, spoken: bytes
) -> None:
    async with house(broker.address("demo")) as home:
        await with_hub(kitchen)
        async with kitchen.notes() as notes:
            await kitchen.hear(spoken)
            first = await answer(home, "kitchen", "A long story.", pieces=100)
            await next_note(notes, "first_audio")
            await kitchen.hear(spoken)
            assert (await next_note(notes, "done")).data["outcome"] == "interrupted"
            second = await answer(home, "kitchen", "Yes?", after=first)
            assert (await next_note(notes, "played")).data["seconds"] == pytest.approx(0.5)
        assert second != first


async def test_it_waits_for_broker_and_hub_and_says_so(
    broker: Mosquitto, kitchen: Running, spoken: bytes
) -> None:
    status = await kitchen.listening()
    assert status["satellite"]["hub"] == "away"
    await kitchen.hear(spoken)
    await kitchen.until(lambda status: status["satellite"]["unanswered"] == 1)
    async with house(broker.address("demo")) as home:
        await with_hub(kitchen)
        broker.kill()
        await kitchen.until(lambda status: not status["mqtt"]["connected"])
        broker.start()
        await with_hub(kitchen)
        await until(lambda: home.info("kitchen").online)
    status = await kitchen.until(lambda status: status["satellite"]["hub"] == "away")
    assert "stopped" in status["satellite"]["why"]


async def test_mute_closes_the_microphone_from_both_ends(broker: Mosquitto, kitchen: Running) -> None:
    async with house(broker.address("demo")) as home:
        await with_hub(kitchen)
        home.hub.mute("kitchen", muted=True)
        await kitchen.until(lambda status: bool(status["muted"]))
        await until(lambda: home.info("kitchen").muted)
        async with kitchen.client() as client:
            await client.ask("mute", muted=False)
        await until(lambda: not home.info("kitchen").muted)
        home.hub.volume("kitchen", 0.25)
        await until(lambda: home.info("kitchen").volume == 0.25)
        home.hub.mute("kitchen", muted=True)
        await until(lambda: home.info("kitchen").muted)
        kitchen.close()
        again = satellite(broker, kitchen.data)
        try:
            await again.until(lambda status: bool(status["muted"]) and status["satellite"]["hub"] == "here")
            assert home.info("kitchen").volume == 0.25
        finally:
            again.close()


async def test_killed_in_the_middle_of_a_turn_it_frees_the_turn_and_leaves_nothing_running(
    broker: Mosquitto, kitchen: Running, spoken: bytes
) -> None:
    async with house(broker.address("demo")) as home:
        await with_hub(kitchen)
        children = descendants(kitchen.process.pid)
        await kitchen.hear(spoken)
        await until(lambda: home.turn("kitchen") != 0)
        kitchen.process.send_signal(signal.SIGKILL)
        await until(lambda: home.conductor.place("kitchen") is None)
        assert home.info("kitchen").state == "idle"
        await until(lambda: not alive(children))


async def test_a_wake_word_stage_that_dies_comes_back(
    broker: Mosquitto, kitchen: Running, spoken: bytes
) -> None:
    async with house(broker.address("demo")) as home:
        status = await with_hub(kitchen)
        assert [each["name"] for each in status["stages"]] == ["sound", "wake"]
        for name in ("wake", "sound"):
            os.kill(stage(status, name)["pid"], signal.SIGKILL)
            before = stage(status, name)["restarts"]
            await kitchen.until(lambda now, n=name, b=before: stage(now, n)["restarts"] > b)
            await with_hub(kitchen)
        await kitchen.hear(spoken)
        await until(lambda: home.turn("kitchen") != 0)


async def test_joining_with_the_printed_line(broker: Mosquitto, wake_models: Path, tmp_path: Path) -> None:
    secret = broker.users["demo"].replace(" ", "%20")
    data = with_models(tmp_path / "joined", wake_models)
    uri = f"appliance-satellite://demo:{secret}@127.0.0.1:{broker.port}/appliance"
    for arguments in (("--join", uri), ()):
        running = Running(data, "--mode", "satellite", *arguments)
        try:
            status = await running.until(lambda status: bool(status["mqtt"]["connected"]))
            assert status["satellite"]["name"] == "demo"
        finally:
            assert running.close() == 0


async def test_a_clean_stop_says_goodbye(broker: Mosquitto, wake_models: Path, tmp_path: Path) -> None:
    heard: list[bytes] = []
    async with connected(broker.address("demo"), "watcher") as client:
        topic = protocol.topic("appliance", "kitchen", "up", "availability")
        client.subscribe(topic, lambda _topic, payload, _retained: heard.append(payload))
        running = satellite(broker, with_models(tmp_path / "kitchen", wake_models))
        try:
            await running.listening()
            await until(lambda: b"online" in heard)
        finally:
            assert running.close() == 0
        await until(lambda: heard[-1] == b"offline")


async def test_systemd_hears_of_every_step(
    broker: Mosquitto, wake_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = ""

    async def told(words: str) -> None:
        nonlocal heard
        async with asyncio.timeout(30):
            while words not in heard:
                heard += (await asyncio.get_running_loop().sock_recv(systemd, 4_096)).decode() + "\n"

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        running = satellite(broker, with_models(tmp_path / "kitchen", wake_models))
        try:
            await told("READY=1")
            running.process.send_signal(signal.SIGHUP)
            await told("RELOADING=1")
        finally:
            assert running.close() == 0
        await told("STOPPING=1")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    arguments = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "2",
        "-subj",
        "/CN=hub",
    ]
    extra = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([openssl, *arguments, *extra], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


async def test_joining_over_tls_trusts_only_the_hub_of_the_line(
    broker: Mosquitto, certificate: Path, wake_models: Path, tmp_path: Path
) -> None:
    broker.kill()
    broker.start(f"certfile {certificate / 'cert.pem'}\nkeyfile {certificate / 'key.pem'}\n")
    secret = broker.users["demo"].replace(" ", "%20")
    ca = base64.urlsafe_b64encode((certificate / "cert.pem").read_bytes()).decode()
    line = f"appliance-satellite://demo:{secret}@127.0.0.1:{broker.port}/appliance?tls=1"
    for name, uri, trusted in (("right", f"{line}&ca={ca}", True), ("wrong", line, False)):
        running = Running(with_models(tmp_path / name, wake_models), "--mode", "satellite", "--join", uri)
        try:
            await running.until(
                lambda status, t=trusted: status["mqtt"]["connected"] == t and (t or status["mqtt"]["hint"])
            )
        finally:
            assert running.close() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mode", "satellite"), "has not joined"),
        (("--mode", "satellite", "--try-out"), "no home of its own"),
        (("--mode", "satellite", "--join", "http://x"), "no address of a hub"),
        (("--join", "appliance-satellite://a:b@c"), "--mode satellite"),
        (("--mode", "worker"), "invalid choice"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = subprocess.run(
        [str(COMMAND), "run", *arguments],
        env=environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_status_of_a_satellite_can_be_shown(kitchen: Running) -> None:
    await kitchen.listening()
    shown = await asyncio.to_thread(
        subprocess.run,
        [str(COMMAND), "status"],
        env=environment(kitchen.data),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert "wake" in shown.stdout


async def test_the_line_of_a_joining_satellite_is_in_no_command_line(
    broker: Mosquitto, wake_models: Path, tmp_path: Path
) -> None:
    """However it was given; everybody on a machine may read the arguments of all its processes."""
    data = with_models(tmp_path / "joined", wake_models)
    uri = f"appliance-satellite://kitchen:s3cret@127.0.0.1:{broker.port}/appliance"
    running = Running(data, "--mode", "satellite", "--join", uri)
    try:
        await running.until(lambda status: "satellite" in status)
        words = Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
        assert b"satellite" in words
        assert b"s3cret" not in words
    finally:
        running.close()

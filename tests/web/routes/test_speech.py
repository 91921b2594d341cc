"""Speech over HTTP: heard, streamed, remembered, refused."""

from __future__ import annotations

import array
import asyncio
import io
import wave

import httpx
import pytest

from tests.web.routes.served import Served, refused

TEXT = "The quick brown fox jumps over the lazy dog."


def loudness(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return (sum(each * each for each in samples) / len(samples)) ** 0.5


def sound(answer: httpx.Response) -> tuple[int, bytes]:
    assert answer.status_code == 200, answer.text
    with wave.open(io.BytesIO(answer.content)) as read:
        assert (read.getnchannels(), read.getsampwidth()) == (1, 2)
        return read.getframerate(), read.readframes(10_000_000)


def test_a_text_becomes_a_file_of_the_right_length(served: Served) -> None:
    answer = served.http.get("/tts", params={"text": TEXT})
    rate, pcm = sound(answer)
    assert answer.headers["content-type"] == "audio/wav"
    assert str(rate) == answer.headers["x-sample-rate"]
    assert 1.0 < len(pcm) / 2 / rate < 8.0
    assert loudness(pcm) > 300


def test_faster_is_shorter(served: Served) -> None:
    slow, fast = (
        len(sound(served.http.post("/tts", json={"text": TEXT, "speed": speed}))[1]) for speed in (0.7, 1.8)
    )
    assert fast < 0.7 * slow


def test_streamed_it_is_the_same_sound(served: Served) -> None:
    whole = sound(served.http.post("/tts", json={"text": "Same as before."}))[1]
    with served.http.stream("POST", "/tts", json={"text": "Same as before.", "stream": True}) as answer:
        body = b"".join(answer.iter_bytes())
    assert body[:4] == b"RIFF"
    assert body[4:8] == body[40:44] == b"\xff\xff\xff\xff"
    assert body[44:] == whole


def test_bare_samples(served: Served) -> None:
    answer = served.http.get("/tts", params={"text": "Bare."}, headers={"accept": "audio/pcm"})
    assert answer.headers["content-type"] == "audio/pcm"
    assert answer.content == sound(served.http.get("/tts", params={"text": "Bare."}))[1]


def test_who_has_it_already_is_told_so(served: Served) -> None:
    first = served.http.get("/tts", params={"text": "Again."})
    etag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    again = served.http.get("/tts", params={"text": "Again."}, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    other = served.http.get("/tts", params={"text": "Other."}, headers={"if-none-match": etag})
    assert other.status_code == 200
    assert other.headers["etag"] != etag


def test_made_once_it_is_remembered(served: Served) -> None:
    turns = len(served.http.get("/api/turns", params={"limit": 100}).json())
    text = "Remember this exact sentence."
    first, second = (served.http.get("/tts", params={"text": text}).content for _ in range(2))
    assert first == second
    after = served.http.get("/api/turns", params={"limit": 100}).json()
    assert len([each for each in after if each["site"].startswith("tts-")]) >= 1
    assert len(after) <= max(turns + 1, 100)


def test_several_at_once(served: Served) -> None:
    async def many() -> list[int]:
        async with httpx.AsyncClient(base_url=served.url, headers=served.http.headers, timeout=60) as client:
            texts = [f"Number {number} of many." for number in range(8)]
            answers = await asyncio.gather(*(client.get("/tts", params={"text": each}) for each in texts))
        return [len(sound(answer)[1]) for answer in answers]

    assert min(asyncio.run(many())) > 20_000


def test_who_hangs_up_frees_the_voice(served: Served) -> None:
    long = " ".join([TEXT] * 20)
    for _ in range(5):
        with served.http.stream("POST", "/tts", json={"text": long, "stream": True}) as answer:
            next(answer.iter_bytes(1_000))
    assert loudness(sound(served.http.get("/tts", params={"text": "Still here."}))[1]) > 300


def test_another_voice_is_refused_with_what_to_do(served: Served) -> None:
    refused(
        served.http.get("/tts", params={"text": "x", "voice": "other"}), 409, "PATCH /api/settings/tts.voice"
    )
    assert served.http.get("/tts", params={"text": "x", "voice": "default"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 1_001},
        {"text": "x", "speed": 0.1},
        {"text": "x", "speed": "fast"},
        {"text": "x", "speeed": 1.0},
        {"text": ["x"]},
        [],
    ],
)
def test_what_cannot_be_said(served: Served, body: object) -> None:
    refused(served.http.post("/tts", json=body), 400)


def test_what_is_no_json_is_no_traceback(served: Served) -> None:
    for content in (b"", b"{", b"\xff\xfe", b"[" * 5_000):
        answer = served.http.post("/tts", content=content, headers={"content-type": "application/json"})
        refused(answer, 400)


def test_the_voices(served: Served) -> None:
    names = served.http.get("/voices").json()
    assert names[0] == "default"
    detail = served.http.get("/voices/detail").json()
    assert [each["name"] for each in detail if each["chosen"]] == ["default"]
    missing = [each for each in detail if each["engine"] == "piper" and not each["installed"]]
    assert all(each["rate_hz"] is None and each["setting"] == "tts.model" for each in missing)
    assert {each["licence"] for each in detail if each["engine"] == "espeak"} == {"GPL-3.0-or-later"}


def test_only_with_the_scope(served: Served) -> None:
    with served.client("speak") as client:
        assert client.get("/tts", params={"text": "x"}).status_code == 200
        assert client.get("/voices").status_code == 200
    with served.client("chat", "read", "control", "admin") as client:
        refused(client.get("/tts", params={"text": "x"}), 403, "speak")

"""Text to speech, and the voices there are."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from appliance.calls.protocol import MAX_TEXT
from appliance.web import wav
from appliance.web.answers import Body, only, route
from appliance.web.context import Context
from appliance.web.services import services
from appliance.web.speechcache import Sound

TAG = "speech"
WAV, PCM = "audio/wav", "audio/pcm"
KINDS = (WAV, PCM)

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=r"\S", description="what to say")]
Voice = Annotated[str, Meta(max_length=100, description="only the one that is configured")]
Speed = Annotated[float, Meta(ge=0.5, le=2.0, description="1.0 is the voice's own pace")]


class Wanted(Body, frozen=True):
    """What to say, and how."""

    text: Text
    voice: Voice | None = None
    speed: Speed | None = None
    stream: Annotated[bool, Meta(description="send it while it is made")] = False


@route("GET /tts", "speak", TAG, "Speech of a text", operation_class=only(*KINDS, also=(304,)))
async def tts_get(  # noqa: PLR0917 - litestar gives them by name
    request: Request[Any, Any, Any],
    context: Context,
    text: Annotated[
        str, Parameter(min_length=1, max_length=MAX_TEXT, pattern=r"\S", description="what to say")
    ],
    voice: Annotated[
        str | None, Parameter(max_length=100, description="only the one that is configured")
    ] = None,
    speed: Annotated[
        float | None, Parameter(ge=0.5, le=2.0, description="1.0 is the voice's own pace")
    ] = None,
    stream: Annotated[bool, Parameter(description="send it while it is made")] = False,
) -> Response[Any]:
    """A WAV file; with `Accept: audio/pcm` bare samples (mono s16le, the rate in `X-Sample-Rate`).

    With `stream` it is sent while it is made, and the length in the head of the WAV file is 0xFFFFFFFF.
    """
    return await answer(request, context, Wanted(text, voice, speed, stream))


@route("POST /tts", "speak", TAG, "Speech of a text", operation_class=only(*KINDS, also=(304,)))
async def tts_post(request: Request[Any, Any, Any], context: Context, data: Wanted) -> Response[Any]:
    """As GET; a body keeps the text out of the logs of proxies."""
    return await answer(request, context, data)


async def answer(request: Request[Any, Any, Any], context: Context, wanted: Wanted) -> Response[Any]:
    """Speech as it is wanted. Raises Refused, ControlError: before anything is sent."""
    began = time.monotonic()
    speech = services(context).speech
    key = await speech.key(wanted.text, wanted.voice, wanted.speed)
    headers = {
        "etag": key.etag,
        "cache-control": "private, no-cache",
        "vary": "accept, authorization, cookie",
    }
    if key.etag in (request.headers.get("if-none-match") or "").split(", "):
        return Response(None, status_code=304, headers=headers)
    raw = _wants_pcm(request.headers.get("accept", ""))
    pieces = speech.pieces(key)
    first = await anext(pieces)
    headers["x-sample-rate"] = str(first.rate_hz)
    headers["server-timing"] = f"first;dur={(time.monotonic() - began) * 1000:.1f}"
    kind = PCM if raw else WAV
    if wanted.stream:
        return Stream(_streamed(first, pieces, raw=raw), media_type=kind, headers=headers)
    pcm = first.pcm + b"".join([piece.pcm async for piece in pieces])
    return Response(pcm if raw else wav.head(first.rate_hz, len(pcm)) + pcm, media_type=kind, headers=headers)


async def _streamed(first: Sound, rest: AsyncIterator[Sound], *, raw: bool) -> AsyncIterator[bytes]:
    if not raw:
        yield wav.head(first.rate_hz, None)
    yield first.pcm
    async for piece in rest:
        yield piece.pcm


def _wants_pcm(accept: str) -> bool:
    kinds = [part.split(";")[0].strip().lower() for part in accept.split(",")[:20]]
    return PCM in kinds and WAV not in kinds


class VoiceInfo(msgspec.Struct, frozen=True):
    """One voice."""

    name: str
    engine: str
    languages: list[str]
    licence: str
    rate_hz: int | None
    """Samples a second; null while it is not installed."""
    installed: bool
    chosen: bool
    """It is the one that speaks."""
    setting: str
    """The key that chooses it: PATCH /api/settings/{setting}."""


async def _voices(context: Context) -> list[VoiceInfo]:
    return msgspec.convert((await context.ask("voices"))["voices"], list[VoiceInfo])


@route("GET /voices", "speak", TAG, "Names of the voices that are installed")
async def names(context: Context) -> list[str]:
    """Of the engine that is configured, the one that speaks first."""
    told = await context.ask("voices")
    here = [each for each in told["voices"] if each["installed"] and each["engine"] == told["engine"]]
    return [str(each["name"]) for each in sorted(here, key=lambda each: not each["chosen"])]


@route("GET /voices/detail", "speak", TAG, "All voices, also those that can be fetched")
async def detail(context: Context) -> list[VoiceInfo]:
    """Language, engine, licence, sample rate, whether it is here, and how to choose it."""
    return await _voices(context)


ROUTES: list[Any] = [tts_get, tts_post, names, detail]

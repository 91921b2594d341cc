"""What happens: the last turns, and every note as it comes."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import Parameter

from appliance.tasks import end
from appliance.web.answers import route
from appliance.web.context import Context
from appliance.web.services import services
from appliance.web.turnstore import MAX_TURNS, TurnRecord, without_words

TAG = "turns"
MAX_LISTENERS = 128
SEND_SECONDS = 20.0
TRY_LATER = 1013
_WORDS = "also what was heard and said; it is in memory only"


@route("GET /api/turns", "read", TAG, "The last turns, the newest first")
async def turns(
    context: Context,
    limit: Annotated[int, Parameter(ge=1, le=MAX_TURNS, description="so many at most")] = 20,
    words: Annotated[bool, Parameter(description=_WORDS)] = False,
) -> list[TurnRecord]:
    """From the memory of the web process: nothing of it is written anywhere, and its end forgets it."""
    return services(context).turns.last(limit, words=words)


@websocket("/api/notes", opt={"scope": "read"})
async def notes(
    socket: WebSocket[Any, Any, Any],
    context: Context,
    words: Annotated[bool, Parameter(description=_WORDS)] = False,
) -> None:
    """Every note as JSON: turn, kind, at_ms, data, site. Who is slow misses the older ones."""
    await socket.accept()
    listeners = services(context).listeners
    if len(listeners) >= MAX_LISTENERS:
        await socket.close(TRY_LATER, "too many listen already")
        return
    listeners.add(socket)
    telling = asyncio.create_task(_tell(socket, context, words=words))
    hearing = asyncio.create_task(_until_gone(socket))
    try:
        await asyncio.wait({telling, hearing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        listeners.discard(socket)
        await end(telling, hearing)


async def _tell(socket: WebSocket[Any, Any, Any], context: Context, *, words: bool) -> None:
    async for note in context.notes():
        text = encoded(note, words=words)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send_text(text)
        except (TimeoutError, WebSocketDisconnect):
            return


_LAST: dict[bool, tuple[dict[str, Any], str]] = {}


def encoded(note: dict[str, Any], *, words: bool) -> str:
    """As JSON; made once for all who listen, since they get the very same note one after another."""
    last = _LAST.get(words)
    if last is None or last[0] is not note:
        text = msgspec.json.encode(note if words else without_words(note)).decode()
        last = _LAST[words] = (note, text)
    return last[1]


async def _until_gone(socket: WebSocket[Any, Any, Any]) -> None:
    """A listener has nothing to say."""
    try:
        while True:
            await socket.receive_data(mode="text")
    except WebSocketDisconnect:
        return


ROUTES: list[Any] = [turns, notes]

"""Speech in a browser; what is said on this WebSocket is in docs/talk-protocol.md."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from appliance.errors import ApplianceError, ControlError
from appliance.web.access.claims import claimed
from appliance.web.access.guard import visitor_of
from appliance.web.access.visitor import Visitor
from appliance.web.context import Context
from appliance.web.problems import Refused
from appliance.web.talk import wire
from appliance.web.talk.conversation import Conversation
from appliance.web.talk.line import NORMAL, Gone, Line
from appliance.web.talk.talks import Talks, talks

GONE = ControlError("the appliance is gone", "see: appliance status")


@websocket("/api/talk", opt={"scope": "chat"})
async def talk(socket: WebSocket[Any, Any, Any], context: Context) -> None:
    """Microphone in, notes and speech out; one conversation, which outlives a lost connection by a minute."""
    await socket.accept()
    line = Line(socket, WebSocketDisconnect)
    try:
        await _serve(line, visitor_of(socket), talks(context), context.settings.language)
    except Gone:
        return
    except Refused as error:
        await line.refuse(ControlError(error.detail, error.hint))
    except ApplianceError as error:
        await line.refuse(error)


async def _serve(line: Line, visitor: Visitor, known: Talks, language: str) -> None:
    """Raises Gone, Refused, ApplianceError."""
    hello = await line.hello()
    hello = msgspec.structs.replace(hello, area=claimed(visitor, hello.area))
    conversation, resumed = await known.join(hello)
    known.hold(conversation, line)
    try:
        if resumed and hello.heard > conversation.outbox.last:  # a page that was loaded anew plays nothing
            await conversation.settle()
        await line.carry(conversation, welcome(conversation, hello, known, language, resumed=resumed))
        if not conversation.ended:
            raise GONE
        await line.close(NORMAL, "bye")
    finally:
        known.leave(conversation, line)


def welcome(
    conversation: Conversation, hello: wire.Hello, known: Talks, language: str, *, resumed: bool
) -> dict[str, Any]:
    """The first frame of the server; it has no number."""
    heard = min(hello.heard, conversation.outbox.last) if resumed else 0
    return {
        "type": "welcome",
        "version": wire.VERSION,
        "token": conversation.token,
        "name": conversation.name,
        "resumed": resumed,
        "heard": conversation.heard,
        "from": heard,
        "missed": max(0, conversation.outbox.oldest - heard - 1),
        "language": language,
        "hold_seconds": known.hold_seconds,
        "state": msgspec.to_builtins(conversation.state),
    }


ROUTES: list[Any] = [talk]

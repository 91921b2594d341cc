"""Text in, answer out; deeds by the same policy as speech."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream
from msgspec import Meta

from appliance.calls.protocol import MAX_TEXT
from appliance.errors import ApplianceError
from appliance.web.access.claims import claimed
from appliance.web.access.guard import visitor_of
from appliance.web.answers import EVENTS, Body, DeedDone, answering, route
from appliance.web.context import Context
from appliance.web.conversations import Conversations, Event
from appliance.web.problems import Refused
from appliance.web.services import services

TAG = "chat"
TEXT = r"\S"


class Question(Body, frozen=True):
    """What is said to the appliance."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=TEXT, description="the sentence")]
    conversation: Annotated[
        str, Meta(max_length=40, description="as an earlier answer named it; empty begins a new one")
    ] = ""
    area: Annotated[str, Meta(max_length=100, description='the room that "the light in here" means')] = ""


class Answer(msgspec.Struct):
    """All of it."""

    conversation: str
    """Give it with what is said next."""
    answer: str = ""
    asks: bool = False
    """It is a question: what is said next in this conversation answers it."""
    outcome: str = ""
    intent: str = ""
    source: str = ""
    """Who understood it: "intent", "model", or "none"."""
    deeds: list[DeedDone] = []

    def take(self, event: Event) -> None:
        """Add what happened."""
        match event.kind:
            case "reply":
                self.answer = f"{self.answer} {event.data['text']}".strip()
            case "deed":
                self.deeds = [*self.deeds, msgspec.convert(event.data, DeedDone)]
            case "intent":
                self.intent, self.source = str(event.data["intent"] or ""), str(event.data["source"] or "")
            case "done":
                self.outcome, self.asks = event.data["outcome"], event.data["asks"]


_WHOLE = {200: ResponseSpec(Answer, generate_examples=False, description="The answer")}


@route("POST /chat", "chat", TAG, "Ask, and be answered", operation_class=answering(EVENTS), responses=_WHOLE)
async def chat(request: Request[Any, Any, Any], context: Context, data: Question) -> Response[Any]:
    """JSON when all is said and done; with `Accept: text/event-stream` events as they come.

    Events: `begun` {conversation, turn}, `intent` {intent, source, ms}, `deed` (as in the answer), `reply`
    {text}, a sentence each, and last `done` (the whole answer) or `problem`.
    """
    chats = services(context).chats
    area = claimed(visitor_of(request), data.area)
    events = answered(chats, msgspec.structs.replace(data, area=area))
    if EVENTS in request.headers.get("accept", ""):
        first = await anext(events)  # what is refused is refused with its status
        return Stream(encoded(first, events), media_type=EVENTS, headers={"cache-control": "no-store"})
    whole = Answer("")
    async with aclosing(events):
        async for event, so_far in events:
            del event
            whole = so_far
    return Response(whole)


Told = tuple[Event, Answer]


async def answered(chats: Conversations, question: Question) -> AsyncGenerator[Told, None]:
    """Each event, and the answer so far. Raises Refused, ControlError."""
    async with chats.hold(question.conversation, question.area) as conversation:
        whole = Answer(conversation.id)
        async with aclosing(conversation.ask(question.text.strip())) as events:
            async for event in events:
                whole.take(event)
                yield event, whole


async def encoded(first: Told, rest: AsyncGenerator[Told, None]) -> AsyncIterator[bytes]:
    """As server-sent events."""
    yield _event(*first)
    async with aclosing(rest):
        try:
            async for told in rest:
                yield _event(*told)
        except ApplianceError as error:
            yield _line("problem", {"detail": error.message, "hint": error.hint})
        except Refused as error:
            yield _line("problem", {"detail": error.detail, "hint": error.hint})


def _event(event: Event, so_far: Answer) -> bytes:
    match event.kind:
        case "begun":
            return _line("begun", {"conversation": so_far.conversation, **event.data})
        case "done":
            return _line("done", so_far)
        case _:
            return _line(event.kind, event.data)


def _line(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


class Sentence(Body, frozen=True):
    """Something that somebody might say."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern=TEXT)]
    area: Annotated[str, Meta(max_length=100)] = ""


class Deed(msgspec.Struct, frozen=True):
    """What would be asked of the home."""

    domain: str
    service: str
    entity_id: list[str]
    data: dict[str, Any]


class Meaning(msgspec.Struct, frozen=True):
    """What it means; nothing of it is done."""

    intent: str
    source: str
    answer: str
    asks: bool
    deeds: list[Deed]


@route("POST /api/understand", "chat", TAG, "What a sentence means, without doing it")
async def understand(request: Request[Any, Any, Any], context: Context, data: Sentence) -> Meaning:
    """Deeds here are what would be asked for; whether they are allowed is decided when they are wanted."""
    area = claimed(visitor_of(request), data.area)
    told = await context.ask("understand", text=data.text.strip(), area=area)
    return msgspec.convert(told, Meaning)


ROUTES: list[Any] = [chat, understand]

"""The house: what is in it, what can be said to it, and deeds by the appliance's policy."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter
from msgspec import Meta

from appliance.web.access.claims import claimed
from appliance.web.access.guard import visitor_of
from appliance.web.answers import Body, DeedDone, route
from appliance.web.context import Context
from appliance.web.sayings import examples

TAG = "devices"
MAX_PAGES = 40
Value = bool | int | float | str | None


class Place(msgspec.Struct, frozen=True):
    """A room or a storey."""

    id: str
    name: str
    floor: str | None = None


class EntityInfo(msgspec.Struct, frozen=True):
    """Something with a state."""

    id: str
    name: str
    domain: str
    area: str | None
    state: str | None
    attributes: dict[str, Any]
    services: list[str]
    """What can be asked of it: POST /api/devices/{id}/{service}."""
    says: list[str]
    """Sentences about it that are understood."""


class HouseInfo(msgspec.Struct, frozen=True):
    """All of it."""

    name: str
    language: str
    floors: list[Place]
    areas: list[Place]
    entities: list[EntityInfo]


@route("GET /api/devices", "read", TAG, "The house: rooms, entities, states, and what can be said to each")
async def house(
    context: Context,
    area: Annotated[str, Parameter(max_length=200, description="only this room, by id or name")] = "",
) -> HouseInfo:
    """Names and states as they are now."""
    after: int | None = 0
    entities: list[dict[str, Any]] = []
    told: dict[str, Any] = {}
    for _ in range(MAX_PAGES):
        told = await context.ask("devices", after=after)
        entities += told["entities"]
        after = told["next"]
        if after is None:
            break
    wanted = area.casefold()
    ids = {each["id"] for each in told["areas"] if wanted in {each["id"].casefold(), each["name"].casefold()}}
    language = told["language"]
    shown = [_shown(each, language) for each in entities if not wanted or each["area"] in ids]
    floors, areas = (msgspec.convert(told[name], list[Place]) for name in ("floors", "areas"))
    return HouseInfo(told["name"], language, floors, areas, shown)


def _shown(entity: dict[str, Any], language: str) -> EntityInfo:
    says = examples(language, entity["domain"], entity["name"], entity["attributes"])
    return msgspec.convert({**entity, "says": says}, EntityInfo)


class Asked(Body, frozen=True):
    """What goes with a service, in Home Assistant's terms."""

    data: Annotated[
        dict[str, Value | list[Value]], Meta(max_length=16, description='such as {"brightness_pct": 40}')
    ] = msgspec.field(default_factory=dict)
    area: Annotated[str, Meta(max_length=200, description="the room from which it is wanted")] = ""


class Outcome(msgspec.Struct, frozen=True):
    """What the appliance's policy said, and what was done."""

    verdict: Literal["allow", "ask", "deny"]
    words: str
    """The question, or the reason; as it would be said."""
    question: str
    """Answer it: POST /api/devices/answer; empty when nothing is asked."""
    results: list[DeedDone]


_ASKS = {
    202: ResponseSpec(Outcome, generate_examples=False, description="It is asked about before it is done"),
}


class Answered(Body, frozen=True):
    """The answer to a question."""

    question: Annotated[str, Meta(min_length=1, max_length=40)]
    text: Annotated[str, Meta(min_length=1, max_length=100, description="a yes, or a PIN")]


@route("POST /api/devices/answer", "control", TAG, "Answer what a deed was asked about", responses=_ASKS)
async def answered(context: Context, data: Answered) -> Response[Outcome]:
    """A yes or a PIN, while the question is open (`policy.confirm_seconds`)."""
    return _told(await context.ask("deed_answer", question=data.question, text=data.text))


@route(
    "POST /api/devices/{entity_id:str}/{service:str}",
    "control",
    TAG,
    "Do something with an entity",
    responses=_ASKS,
)
async def deed(
    request: Request[Any, Any, Any],
    context: Context,
    data: Asked,
    entity_id: Annotated[str, Parameter(max_length=200, description="such as light.kitchen")],
    service: Annotated[str, Parameter(max_length=200, description="such as turn_on")],
) -> Response[Outcome]:
    """Judged like a spoken wish from the place `web`: 200 done, 202 asked about, 409 not possible.

    What the policy does not allow is 200 with the verdict "deny" and the reason.
    """
    area = claimed(visitor_of(request), data.area)
    return _told(await context.ask("deed", entity_id=entity_id, service=service, data=data.data, area=area))


def _told(answer: dict[str, Any]) -> Response[Outcome]:
    outcome = msgspec.convert(answer, Outcome)
    return Response(outcome, status_code=202 if outcome.verdict == "ask" else 200)


ROUTES: list[Any] = [house, answered, deed]

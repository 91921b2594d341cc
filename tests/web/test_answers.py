"""Routes say who may use them and what may go wrong, the same way each."""

from __future__ import annotations

from litestar import Litestar, Response

from appliance.web.access.guard import check_routes
from appliance.web.answers import EVENTS, answering, only, route


@route("GET /public", None, "things", "All may")
async def public() -> dict[str, str]:
    """Nothing secret."""
    return {}


@route("POST /sent/{name:str}", "control", "things", "Some may", operation_class=answering(EVENTS))
async def sent(name: str) -> dict[str, str]:
    """Something else."""
    return {"name": name}


@route("GET /sound", "speak", "things", "A sound", operation_class=only("audio/wav", also=(304,)))
async def sound() -> Response[bytes]:
    """Noise."""
    return Response(b"", media_type="audio/wav")


APP = Litestar([public, sent, sound], openapi_config=None, logging_config=None)


def operations():
    app = Litestar([public, sent, sound], logging_config=None)
    paths = app.openapi_schema.to_schema()["paths"]
    return paths["/public"]["get"], paths["/sent/{name}"]["post"], paths["/sound"]["get"]


def test_each_handler_carries_its_scope() -> None:
    check_routes(APP)
    assert [handler.opt["scope"] for handler in (public, sent, sound)] == [None, "control", "speak"]


def test_the_document_says_who_may() -> None:
    free, guarded, _ = operations()
    assert free["security"] == [{}]
    assert guarded["security"] == [{"token": ["control"]}, {"session": []}]
    assert free["description"].endswith("Needs no token.")
    assert guarded["description"] == "Something else.\n\nNeeds the scope `control`."


def test_the_document_says_what_may_go_wrong() -> None:
    free, guarded, _ = operations()
    assert "401" not in free["responses"]
    assert {"400", "401", "403", "404", "409", "413", "429", "503", "504"} <= set(guarded["responses"])
    assert list(guarded["responses"]["409"]["content"]) == ["application/problem+json"]


def test_the_document_says_what_comes() -> None:
    _, events, noise = operations()
    assert set(events["responses"]["200"]["content"]) == {"application/json", EVENTS}
    assert set(noise["responses"]["200"]["content"]) == {"audio/wav"}
    assert "content" not in noise["responses"]["304"]

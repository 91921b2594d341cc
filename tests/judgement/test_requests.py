"""People and the audit over the local socket: what is told, and mistakes in words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import ApplianceError
from appliance.judgement.requests import JudgementRequests
from tests.judgement.court import ANNA, LIGHT, PIN, Court
from tests.judgement.test_judge import Done


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Court]:
    async with Court(tmp_path) as made:
        yield made


async def ask(court: Court, do: str, **fields: Any) -> dict[str, Any]:
    return await JudgementRequests(court.judge).handlers()[do](fields)


async def test_a_person_from_beginning_to_end(court: Court) -> None:
    added = await ask(
        court, "person_add", name=" Anna  B ", role="owner", rooms=["hall"], permissions=["pin lock.*"]
    )
    assert (added["name"], added["role"], added["pin"]) == ("Anna B", "owner", False)
    assert await ask(court, "person_pin", name="anna b", pin=PIN) == {"name": "Anna B", "pin": True}
    listed = (await ask(court, "person_list"))["people"]
    assert listed == [
        {"name": "Anna B", "role": "owner", "rooms": ["hall"], "permissions": ["pin lock.*"],
         "voices": 0, "pin": True}
    ]  # fmt: skip
    assert PIN not in str(listed)
    assert (await ask(court, "person_enrol", name="anna b", room="hall"))["needed"] > 1
    assert await ask(court, "person_remove", name="ANNA B") == {"removed": "Anna B", "still_in_rules": []}
    assert (await ask(court, "person_list"))["people"] == []


async def test_the_audit(court: Court) -> None:
    await court.people(ANNA)
    court.judge.record(court.ask(LIGHT), [Done("light.kitchen", True)])
    court.judge.record(court.ask(LIGHT), [Done("light.kitchen", False)])
    rows = (await ask(court, "audit_list"))["rows"]
    assert [(row["outcome"], row["who"], row["entity"]) for row in rows] == [
        ("done", "Anna", "light.kitchen"), ("failed", "Anna", "light.kitchen"),
    ]  # fmt: skip
    assert (await ask(court, "audit_list", person="Ben"))["rows"] == []
    assert (await ask(court, "audit_list", since=court.wall.timestamp() + 1))["rows"] == []
    assert len((await ask(court, "audit_list", limit=1))["rows"]) == 1
    assert await ask(court, "audit_clear") == {"cleared": 2}


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("person_add", {}),
        ("person_add", {"name": 3}),
        ("person_add", {"name": "x" * 300}),
        ("person_add", {"name": "Anna", "role": "boss"}),
        ("person_add", {"name": "Anna", "role": None}),
        ("person_add", {"name": "Anna", "rooms": "hall"}),
        ("person_add", {"name": "Anna", "permissions": [1]}),
        ("person_add", {"name": "Anna", "permissions": ["denny x"]}),
        ("person_remove", {"name": "Zoe"}),
        ("person_remove", {}),
        ("person_pin", {"name": "Zoe", "pin": PIN}),
        ("person_pin", {"name": "Kim"}),
        ("person_pin", {"name": "Kim", "pin": 471199}),
        ("person_pin", {"name": "Kim", "pin": "1" * 100}),
        ("person_pin", {"name": "Kim", "pin": "12"}),
        ("person_enrol", {"name": "Zoe"}),
        ("audit_list", {"since": "now"}),
        ("audit_list", {"since": True}),
        ("audit_list", {"limit": 0}),
        ("audit_list", {"limit": 10**9}),
        ("audit_list", {"person": 5}),
    ],
)
async def test_a_wrong_request_is_refused_in_words(court: Court, do: str, fields: dict[str, Any]) -> None:
    await ask(court, "person_add", name="Kim", role="child")
    with pytest.raises(ApplianceError) as caught:
        await ask(court, do, **fields)
    assert caught.value.message
    assert len((await ask(court, "person_list"))["people"]) == 1


async def test_no_name_is_taken_twice(court: Court) -> None:
    await ask(court, "person_add", name="Kim")
    with pytest.raises(ApplianceError, match="known already"):
        await ask(court, "person_add", name="kim")

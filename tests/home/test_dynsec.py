"""The access control's language as it is written; tests/satellites/test_attacks.py has a broker read it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home import dynsec
from appliance.home.accounts import SATELLITE_SAYS, Account, Realm, Secret, rights

REALM = Realm()
KITCHEN = Account("kitchen", "satellite", Secret("h", "s"), client_id="satellite-kitchen-0123")


def test_what_is_not_allowed_is_forbidden() -> None:
    made = json.loads(dynsec.document([KITCHEN], {"kitchen": Secret("h", "s")}, REALM))
    assert made["defaultACLAccess"] == {
        "publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": True,
    }  # fmt: skip
    (client,), (role,) = made["clients"], made["roles"]
    assert client["roles"] == [{"rolename": role["rolename"]}]
    assert client["clientid"] == KITCHEN.client_id
    assert {(acl["acltype"], acl["topic"]) for acl in role["acls"]} == {
        *(("publishClientSend", f"appliance/satellites/kitchen/up/{leaf}") for leaf in SATELLITE_SAYS),
        ("subscribePattern", "appliance/satellites/kitchen/down/#"),
        ("publishClientReceive", "appliance/satellites/kitchen/down/#"),
    }
    assert all(acl["allow"] for acl in role["acls"])


def test_who_is_let_in_while_it_runs_gets_what_the_file_gives() -> None:
    role, client = dynsec.creation(KITCHEN, "a secret", REALM)
    made = json.loads(dynsec.document([KITCHEN], {"kitchen": Secret("h", "s")}, REALM))
    assert role["acls"] == made["roles"][0]["acls"]
    kept = {name: value for name, value in made["clients"][0].items() if name in client}
    assert {name: client[name] for name in kept if name != "password"} == {
        name: kept[name] for name in kept if name != "password"
    }
    assert client["password"] == "a secret"
    assert [each["command"] for each in dynsec.removal("kitchen")] == ["deleteClient", "deleteRole"]


def test_what_is_denied_comes_before_what_is_allowed() -> None:
    acls = dynsec.creation(Account("hass", "home_assistant"), "x", REALM)[0]["acls"]
    allowed = max(acl["priority"] for acl in acls if acl["allow"])
    assert all(acl["priority"] > allowed for acl in acls if not acl["allow"])
    assert {acl["topic"] for acl in acls if not acl["allow"]} == set(
        rights(Account("hass", "home_assistant"), REALM).denied
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b'{"responses": [{"command": "deleteClient"}]}', []),
        (b'{"responses": [{"command": "createRole", "error": "Role exists"}]}', ["createRole: Role exists"]),
        (b"", ["cannot be read"]),
        (b"[]", ["cannot be read"]),
        (b'{"responses": 1}', ["cannot be read"]),
        (b'{"other": []}', ["cannot be read"]),
    ],
)
def test_answers(answer: bytes, said: list[str]) -> None:
    found = dynsec.errors(answer)
    assert len(found) == len(said)
    assert all(want in got for want, got in zip(said, found, strict=True))


@given(st.binary(max_size=200))
def test_no_answer_makes_it_fail(answer: bytes) -> None:
    assert dynsec.errors(answer)

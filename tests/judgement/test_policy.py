"""Allow, confirm or deny: the table, and what holds for everything."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.model import Policy as Settings
from appliance.home import guard
from appliance.judgement import policy, services
from appliance.judgement.identity.evidence import UNKNOWN, Identity
from appliance.judgement.policy import Allow, Confirm, Deny, Request, Room
from tests.judgement.homes import ANNA, BEN, BY_ID, GUEST, HOUSE, KIM, MAYBE_ANNA, MAYBE_KIM

HERE = Room()
KITCHEN = Room("kitchen-satellite", "Kitchen")
HALL = Room("hall-satellite", "entrance")
NOWHERE = Room("lost-satellite")


def decide(
    entity: str,
    service: str,
    who: Identity = ANNA,
    room: Room = HERE,
    *,
    called: str = "",
    at: str = "12:00",
    given: tuple[policy.How, ...] = (),
    pins: bool = False,
    unguarded: tuple[str, ...] = (),
    data: dict[str, Any] | None = None,
    **settings: Any,
) -> policy.Decision:
    rules = policy.compiled(Settings(**settings), unguarded, pins=pins)
    hour, minute = map(int, at.split(":"))
    thing = BY_ID[entity]
    request = Request(
        thing, called or thing.domain, service, data or {}, who, room, hour * 60 + minute, frozenset(given)
    )
    return policy.decide(rules, request, HOUSE, BY_ID)


def short(decision: policy.Decision) -> str:
    match decision:
        case Allow():
            return "allow"
        case Confirm(how=how):
            return how
        case Deny(why=why):
            return f"no: {why}"


@pytest.mark.parametrize(
    ("entity", "service", "expected"),
    [
        ("lock.front_door", "unlock", "yes"),
        ("lock.front_door", "open", "yes"),
        ("lock.front_door", "toggle", "yes"),
        ("lock.front_door", "turn_off", "yes"),
        ("lock.front_door", "lock", "allow"),
        ("cover.garage_door", "open_cover", "yes"),
        ("cover.garage_door", "toggle", "yes"),
        ("cover.garage_door", "close_cover", "allow"),
        ("cover.garage_door", "stop_cover", "allow"),
        ("cover.blind", "open_cover", "allow"),
        ("alarm_control_panel.house", "alarm_disarm", "yes"),
        ("alarm_control_panel.house", "alarm_trigger", "yes"),
        ("alarm_control_panel.house", "turn_off", "yes"),
        ("alarm_control_panel.house", "alarm_arm_away", "allow"),
        ("siren.attic", "turn_on", "yes"),
        ("siren.attic", "turn_off", "yes"),
        ("valve.gas", "open_valve", "yes"),
        ("valve.gas", "close_valve", "allow"),
        ("switch.oven", "turn_on", "yes"),
        ("switch.oven", "toggle", "yes"),
        ("switch.oven", "turn_off", "allow"),
        ("switch.gate_opener", "turn_on", "yes"),
        ("button.strike", "press", "yes"),
        ("script.leave", "turn_on", "yes"),
        ("script.news", "turn_on", "allow"),
        ("scene.evening", "turn_on", "allow"),
        ("scene.away", "turn_on", "yes"),
        ("group.all", "turn_on", "yes"),
        ("group.all", "turn_off", "allow"),
        ("switch.heater", "turn_on", "allow"),
        ("light.kitchen", "turn_on", "allow"),
        ("light.kitchen", "explode", "no: service"),
        ("light.kitchen", "unlock", "no: service"),
        ("sensor.warmth", "turn_on", "no: service"),
    ],
)
def test_what_is_asked_of_the_owner_by_default(entity: str, service: str, expected: str) -> None:
    assert short(decide(entity, service)) == expected


@pytest.mark.parametrize(
    ("who", "settings", "pins", "expected"),
    [
        (ANNA, {}, False, "yes"),
        (BEN, {}, False, "yes"),
        (KIM, {}, True, "no: child"),
        (MAYBE_KIM, {}, True, "no: child"),
        (UNKNOWN, {}, False, "no: unknown"),
        (UNKNOWN, {}, True, "pin"),
        (MAYBE_ANNA, {}, False, "no: unknown"),
        (MAYBE_ANNA, {}, True, "pin"),
        (GUEST, {}, False, "no: unknown"),
        (GUEST, {}, True, "pin"),
        (UNKNOWN, {"unknown": "confirm"}, False, "yes"),
        (KIM, {"unknown": "confirm"}, False, "no: child"),
        (ANNA, {"guarded": "pin"}, True, "pin"),
        (ANNA, {"guarded": "pin"}, False, "no: no_pin"),
        (ANNA, {"guarded": "voice"}, False, "voice"),
        (MAYBE_ANNA, {"guarded": "voice", "unknown": "confirm"}, False, "no: voice"),
        (MAYBE_ANNA, {"guarded": "voice", "unknown": "confirm"}, True, "pin"),
        (Identity("Anna", "owner", 0.99, "pin"), {"guarded": "voice"}, False, "no: voice"),
        (ANNA, {"guarded": "deny"}, True, "no: never"),
    ],
)
def test_who_may_open_the_front_door(
    who: Identity, settings: dict[str, Any], pins: bool, expected: str
) -> None:
    assert short(decide("lock.front_door", "unlock", who, pins=pins, **settings)) == expected


@pytest.mark.parametrize("who", [UNKNOWN, KIM, GUEST, MAYBE_ANNA])
@pytest.mark.parametrize(("entity", "service"), [("light.kids", "turn_on"), ("lock.front_door", "lock")])
def test_everybody_may_do_the_harmless(who: Identity, entity: str, service: str) -> None:
    assert short(decide(entity, service, who)) == "allow"


@pytest.mark.parametrize(
    ("entity", "service", "room", "settings", "expected"),
    [
        ("lock.back_door", "unlock", KITCHEN, {}, "yes"),
        ("lock.front_door", "unlock", KITCHEN, {}, "no: elsewhere"),
        ("lock.front_door", "unlock", HALL, {}, "yes"),
        ("lock.front_door", "unlock", NOWHERE, {}, "no: elsewhere"),
        ("siren.attic", "turn_on", KITCHEN, {}, "no: elsewhere"),
        ("light.kids", "turn_on", KITCHEN, {}, "allow"),
        ("light.kids", "turn_on", KITCHEN, {"reach": "area"}, "no: elsewhere"),
        ("light.kitchen", "turn_on", KITCHEN, {"reach": "area"}, "allow"),
        ("light.kids", "turn_on", Room(), {"reach": "area"}, "allow"),
        ("script.news", "turn_on", NOWHERE, {"reach": "area"}, "no: elsewhere"),
        ("lock.front_door", "unlock", KITCHEN, {"rules": ("allow lock.*",)}, "no: elsewhere"),
        ("lock.front_door", "unlock", KITCHEN, {"rules": ("confirm lock.* from kitchen",)}, "yes"),
        ("lock.front_door", "unlock", KITCHEN, {"rules": ("pin lock.* from kitchen-satellite",)}, "pin"),
        ("lock.front_door", "unlock", KITCHEN, {"unguarded": ("lock.front_door",)}, "no: elsewhere"),
        ("group.all", "turn_on", KITCHEN, {}, "no: elsewhere"),
    ],
)
def test_a_satellite_acts_only_for_its_area(
    entity: str, service: str, room: Room, settings: dict[str, Any], expected: str
) -> None:
    assert short(decide(entity, service, room=room, pins=True, **settings)) == expected


@pytest.mark.parametrize(
    ("rules", "who", "at", "entity", "service", "expected"),
    [
        (("allow lock.front_door",), UNKNOWN, "12:00", "lock.front_door", "unlock", "allow"),
        (("pin lock.*", "allow lock.*"), ANNA, "12:00", "lock.front_door", "unlock", "pin"),
        (("pin lock.*",), ANNA, "12:00", "lock.front_door", "lock", "allow"),
        (("pin lock.* to lock",), ANNA, "12:00", "lock.front_door", "lock", "pin"),
        (("deny lock.*",), ANNA, "12:00", "lock.front_door", "lock", "no: rule"),
        (("allow class:garage for anna",), ANNA, "12:00", "cover.garage_door", "open_cover", "allow"),
        (("allow class:garage for anna",), BEN, "12:00", "cover.garage_door", "open_cover", "yes"),
        (("allow lock.* for anna",), MAYBE_ANNA, "12:00", "lock.front_door", "unlock", "pin"),
        (("deny switch.tv for child",), KIM, "12:00", "switch.tv", "turn_on", "no: rule"),
        (("deny switch.tv for child",), MAYBE_KIM, "12:00", "switch.tv", "turn_on", "no: rule"),
        (("deny switch.tv for child",), BEN, "12:00", "switch.tv", "turn_on", "allow"),
        (("deny switch.tv for child",), KIM, "12:00", "group.all", "turn_off", "no: rule"),
        (("deny * for unknown",), UNKNOWN, "12:00", "light.kitchen", "turn_on", "no: rule"),
        (("deny * for unknown",), ANNA, "12:00", "light.kitchen", "turn_on", "allow"),
        (("deny * in kitchen",), ANNA, "12:00", "light.kitchen", "turn_on", "no: rule"),
        (('deny * in "kids\' room"',), ANNA, "12:00", "switch.tv", "turn_on", "no: rule"),
        (("deny switch.tv between 21:00 and 07:00",), ANNA, "23:30", "switch.tv", "turn_on", "no: rule"),
        (("deny switch.tv between 21:00 and 07:00",), ANNA, "06:59", "switch.tv", "turn_on", "no: rule"),
        (("deny switch.tv between 21:00 and 07:00",), ANNA, "07:00", "switch.tv", "turn_on", "allow"),
        (("deny switch.tv between 13:00 and 15:00",), ANNA, "12:59", "switch.tv", "turn_on", "allow"),
        (("voice guarded",), ANNA, "12:00", "lock.front_door", "unlock", "voice"),
        (("voice guarded",), ANNA, "12:00", "light.kitchen", "turn_on", "allow"),
        (("confirm switch.heater",), ANNA, "12:00", "switch.heater", "turn_on", "yes"),
        (("confirm switch.heater",), ANNA, "12:00", "switch.heater", "turn_off", "allow"),
        (("allow group.all",), ANNA, "12:00", "group.all", "turn_on", "yes"),
        (("allow light.kitchen",), ANNA, "12:00", "light.kitchen", "explode", "no: service"),
    ],
)
def test_rules(
    rules: tuple[str, ...], who: Identity, at: str, entity: str, service: str, expected: str
) -> None:
    assert short(decide(entity, service, who, at=at, pins=True, rules=rules)) == expected


def test_permissions_of_a_person_go_before_the_rules() -> None:
    kim = msgspec.structs.replace(KIM, permissions=("allow lock.back_door", "deny switch.tv"))
    rules = ("deny lock.*", "allow switch.tv")
    assert short(decide("lock.back_door", "unlock", kim, rules=rules)) == "allow"
    assert short(decide("switch.tv", "turn_on", kim, rules=rules)) == "no: rule"
    perhaps = msgspec.structs.replace(kim, confidence=0.6)
    assert short(decide("lock.back_door", "unlock", perhaps, rules=rules)) == "no: rule"
    assert short(decide("switch.tv", "turn_on", perhaps, rules=rules)) == "no: rule"


def test_what_the_owner_marked_is_asked_before_it_is_switched_on() -> None:
    assert short(decide("switch.heater", "turn_on", marked=("switch.heater",))) == "yes"
    assert short(decide("switch.heater", "turn_off", marked=("switch.heater",))) == "allow"
    assert short(decide("switch.heater", "turn_on", UNKNOWN, marked=("switch.heater",))) == "no: unknown"


def test_what_home_unguarded_names_is_let_through() -> None:
    decision = decide("lock.front_door", "unlock", UNKNOWN, unguarded=("lock.front_door",))
    assert decision == Allow(("lock.front_door",))


@pytest.mark.parametrize(
    ("settings", "given", "expected"),
    [
        ({}, ("yes",), "allow"),
        ({}, ("pin",), "allow"),
        ({"guarded": "pin"}, ("yes",), "pin"),
        ({"guarded": "pin"}, ("voice",), "pin"),
        ({"guarded": "pin"}, ("pin",), "allow"),
        ({"guarded": "voice"}, ("yes",), "voice"),
        ({"guarded": "voice"}, ("voice",), "allow"),
        ({"rules": ("deny lock.*",)}, ("pin", "yes", "voice"), "no: rule"),
    ],
)
def test_what_was_given_counts_for_what_it_is(
    settings: dict[str, Any], given: tuple[policy.How, ...], expected: str
) -> None:
    assert short(decide("lock.front_door", "unlock", given=given, pins=True, **settings)) == expected


def test_a_call_by_another_kind_is_denied_and_the_generic_one_judged() -> None:
    assert short(decide("lock.front_door", "turn_on", called="light")) == "no: service"
    assert short(decide("lock.front_door", "turn_off", called="homeassistant")) == "yes"
    assert short(decide("lock.front_door", "unlock", called="homeassistant")) == "no: service"


def test_an_entity_that_is_not_in_the_house_is_denied() -> None:
    thing = msgspec.structs.replace(BY_ID["light.kitchen"], attributes={"x": 1})
    request = Request(thing, "light", "turn_on", {})
    assert policy.decide(policy.compiled(Settings()), request, HOUSE, BY_ID) == Deny("missing")


def test_a_position_is_judged_by_its_direction() -> None:
    asked = decide("cover.garage_door", "set_cover_position", data={"position": 50})
    assert short(asked) == "yes"
    assert short(decide("cover.garage_door", "set_cover_position", data={"position": 0})) == "allow"


ALL_CALLS = [
    (entity, service)
    for entity in BY_ID
    for service in sorted(services.KNOWN.get(BY_ID[entity].domain, frozenset()) | {"explode", "turn_on"})
]
IDENTITIES = st.sampled_from([UNKNOWN, ANNA, BEN, KIM, MAYBE_KIM, MAYBE_ANNA, GUEST])
RULES = st.lists(
    st.sampled_from(
        [
            "deny * for unknown", "pin lock.*", "confirm guarded", "voice guarded for owner",
            "deny lock.* for child", "confirm * in kitchen", "pin * between 22:00 and 06:00",
        ]
    ),
    max_size=4,
)  # fmt: skip


@given(
    call=st.sampled_from(ALL_CALLS),
    who=IDENTITIES,
    room=st.sampled_from([Room(), KITCHEN, HALL, NOWHERE]),
    rules=RULES,
    guarded=st.sampled_from(["confirm", "pin", "voice", "deny"]),
    unknown=st.sampled_from(["harmless", "confirm"]),
    pins=st.booleans(),
    minute=st.integers(0, 1439),
)
def test_nothing_guarded_is_allowed_unasked(
    call: tuple[str, str],
    who: Identity,
    room: Room,
    rules: list[str],
    guarded: Any,
    unknown: Any,
    pins: bool,
    minute: int,
) -> None:
    """Without a rule that allows, and with nothing given, what `home.guard` refuses is never allowed."""
    entity, service = call
    decision = decide(
        entity, service, who, room, pins=pins, rules=tuple(rules), guarded=guarded, unknown=unknown,
        at=f"{minute // 60}:{minute % 60}",
    )  # fmt: skip
    thing = BY_ID[entity]
    if service not in services.KNOWN.get(thing.domain, ()):
        assert isinstance(decision, Deny)
    if guard.refusal(entity, thing.domain, thing.attributes, service, {}):
        assert not isinstance(decision, Allow)
        if who.role == "child" and not rules:
            assert isinstance(decision, Deny)


@given(call=st.sampled_from(ALL_CALLS), who=IDENTITIES, given=st.sets(st.sampled_from(["yes", "voice"])))
def test_a_denial_cannot_be_confirmed_away(call: tuple[str, str], who: Identity, given: set[Any]) -> None:
    before = decide(*call, who, rules=("deny * for unknown",), pins=True)
    after = decide(*call, who, rules=("deny * for unknown",), pins=True, given=tuple(given))
    if isinstance(before, Deny):
        assert after == before
    if isinstance(before, Confirm) and before.how == "pin":
        assert after == before


def test_unreadable_rules_are_an_error_of_the_configuration() -> None:
    with pytest.raises(policy.rules.ConfigError, match=r"policy\.rules, rule 2"):
        policy.compiled(Settings(rules=("deny *", "denny *")))

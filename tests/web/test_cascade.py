"""What is wrong, from what the appliance says about itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.web.cascade import Disk, Part, gone, judge
from tests.controlled import stage, status

DISK = Disk(10_000)
VOICE = ("sound", "wake", "vad", "stt", "intent", "tts")
ALL = [stage(name) for name in VOICE]


def told(**changes: Any) -> dict[str, Any]:
    return status(**({"stages": ALL} | changes))


def part(name: str, **changes: Any) -> Part:
    disk = changes.pop("disk", DISK)
    return next(each for each in judge(told(**changes), disk).parts if each.name == name)


def test_all_is_well() -> None:
    health = judge(told(), DISK)
    assert (health.state, health.ready, health.version) == ("ok", True, "1.2.3")
    assert {each.state for each in health.parts} == {"ok"}
    names = {each.name for each in health.parts}
    assert {"stage stt", "stage llm", "broker", "home", "store", "models", "disk", "web"} <= names
    assert not any(each.reason for each in health.parts)


@pytest.mark.parametrize("name", VOICE)
def test_without_one_of_its_stages_it_is_down_and_says_which(name: str) -> None:
    broken = stage(name, state="backoff", last_error="killed: too much memory", hint="raise the limit")
    stages = [each for each in ALL if each["name"] != name]
    health = judge(told(stages=[*stages, broken], listening=False), DISK)
    assert (health.state, health.ready) == ("down", False)
    (wrong,) = [each for each in health.parts if each.state != "ok"]
    assert (wrong.name, wrong.reason, wrong.hint) == (
        f"stage {name}", "backoff: killed: too much memory", "raise the limit",
    )  # fmt: skip
    absent = {name: {"message": "no model", "hint": "fetch it"}}
    assert judge(told(stages=stages, absent=absent), DISK).state == "down"


def test_a_broken_language_model_only_degrades() -> None:
    health = judge(told(stages=[*ALL, stage("llm", state="backoff", last_error="x")], absent={}), DISK)
    assert health.state == "degraded"
    assert part("stage llm").state == "ok"  # none was chosen


MQTT = {"host": "h", "port": 1, "connected": True, "problem": "", "hint": "", "dropped": 0}


@pytest.mark.parametrize(
    ("name", "changes", "state", "reason"),
    [
        ("broker", {"mqtt": MQTT | {"connected": False, "problem": "refused"}}, "down", "refused"),
        ("broker", {"mqtt": MQTT | {"problem": "slow"}}, "degraded", "slow"),
        (
            "home",
            {"home": {"entities": 1, "areas": 1, "faults": {"malformed": 3}}},
            "degraded",
            "malformed: 3",
        ),
        ("home assistant", {"home_assistant": {"connected": False, "problem": "401"}}, "down", "401"),
        ("home assistant", {"home_assistant": {"connected": True}}, "ok", ""),
        (
            "store",
            {"judgement": {"troubles": ["people cannot be read"]}},
            "degraded",
            "people cannot be read",
        ),
        ("models", {"language_model": {"trouble": "the server is away"}}, "degraded", "the server is away"),
        (
            "models",
            {"stages": [*ALL[:-1], stage("tts", state="waiting", last_error="voice x is not here")]},
            "degraded",
            "voice x is not here",
        ),
        ("stage stt", {"stages": [stage("stt", memory_mb=155.0)]}, "degraded", "it uses 155 of the 160 MB"),
        (
            "satellites",
            {"satellites": {"connected": 0, "satellites": [{"name": "bath", "refused": "too many"}]}},
            "degraded",
            "bath: too many",
        ),
        ("disk", {"disk": Disk(499)}, "degraded", "almost full"),
        ("disk", {"disk": Disk(49)}, "down", "full"),
        ("disk", {"disk": Disk(9_999, writable=False)}, "down", "cannot be written"),
        ("disk", {"disk": None}, "down", "cannot be looked at"),
    ],
)
def test_each_part(name: str, changes: dict[str, Any], state: str, reason: str) -> None:
    found = part(name, **changes)
    assert found.state == state
    assert reason in found.reason


def test_what_is_amiss_elsewhere_degrades_the_whole() -> None:
    assert judge(told(), Disk(10)).state == "degraded"
    assert judge(told(mqtt=MQTT | {"connected": False}), DISK).state == "degraded"


def test_what_has_lasted_too_long_is_told_once() -> None:
    slow = {"name": "latency", "reason": "one in twenty answers takes 3 s", "hint": "a smaller model"}
    deaf = {"name": "recogniser", "reason": "it is down", "hint": "look"}
    health = judge(told(alerts=[slow, deaf]), DISK)
    assert health.state == "degraded"
    (wrong,) = [each for each in health.parts if each.state != "ok"]
    assert wrong == Part("alert latency", "degraded", slow["reason"], slow["hint"])


def test_nobody_answers() -> None:
    health = gone("no appliance runs", "start it")
    assert (health.state, health.ready) == ("down", False)
    assert health.parts[0] == Part("appliance", "down", "no appliance runs", "start it")


@given(st.sets(st.sampled_from(sorted(told()))), st.booleans())
def test_a_status_of_another_version_is_judged_as_far_as_it_goes(left_out: set[str], disk: bool) -> None:
    known = {name: value for name, value in told().items() if name not in left_out}
    assert judge(known, DISK if disk else None).parts

"""Responses are rendered from data, in the words of the language, or not at all."""

from __future__ import annotations

import pytest

from appliance.home.entities import Entity
from appliance.understanding.replies import MAX_REPLY_CHARS, Date, Replies, Time, moment
from appliance.understanding.templates import Templates

LAMP = Entity("light.lamp", "{{ 7 * 7 }}", "light", state="on")


def replies(**intents: str) -> Replies:
    return Replies("xx", {"intents": {"Test": intents}, "errors": {"gone": "no {{ entity }}"}}, {})


def test_data_is_never_a_template():
    assert (
        replies(default="{{ slots.name }} is {{ state.name }}").render(
            "Test", "default", {"name": "{{ 1 + 1 }}"}, matched=[LAMP]
        )
        == "{{ 1 + 1 }} is {{ 7 * 7 }}"
    )


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{ slots.absent }}",
        "{{ none }}",
        "{{ state.attributes.get('x') }}",
        "{{ broken",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_an_incomplete_answer_is_none(template: str):
    assert replies(default=template).render("Test", "default", {}, matched=[LAMP]) == ""


def test_an_unknown_key_takes_the_default_and_an_unknown_intent_nothing():
    assert replies(default="yes").render("Test", "other", {}) == "yes"
    assert replies(default="yes").render("Other", "default", {}) == ""


def test_an_answer_is_one_bounded_line():
    text = replies(default="{% for i in range(900) %} word\n{% endfor %}").render("Test", "default", {})
    assert "\n" not in text
    assert len(text) == MAX_REPLY_CHARS


def test_errors_are_rendered_too():
    assert replies().error("gone", entity="lamp") == "no lamp"
    assert replies().error("other", entity="lamp") == ""


@pytest.mark.parametrize(
    ("language", "entity", "state"),
    [
        (
            "en",
            Entity("b.x", "Door", "binary_sensor", state="on", attributes={"device_class": "door"}),
            "open",
        ),
        ("en", Entity("c.x", "Blind", "cover", state="closed"), "closed"),
        (
            "en",
            Entity("s.x", "Power", "sensor", state="12", attributes={"unit_of_measurement": "W"}),
            "12 watts",
        ),
        ("de", Entity("l.x", "Lampe", "light", state="off"), "aus"),
        ("nl", Entity("k.x", "Deur", "lock", state="locked"), "dicht"),
    ],
)
def test_a_state_has_words(language: str, entity: Entity, state: str):
    templates = Templates(language)
    templates.open()
    assert templates.replies.view(entity).state_with_unit == state


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T00:05:59+01:00", (Date(2026, 11, 21), Time(0, 5))),
        ("2026-02-29T10:00", None),
        ("2026-11-21", None),
        ("2026-11-21T24:00", None),
        ("", None),
        ("soon", None),
    ],
)
def test_a_moment_is_read_or_refused(text: str, expected: tuple[Date, Time] | None):
    assert moment(text) == expected


def test_a_date_knows_its_weekday():
    assert Date(2026, 11, 21).weekday() == 5

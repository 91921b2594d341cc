"""States on their way out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.presence.entities import STATE
from appliance.presence.sending import EVERY_SECONDS, States


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0, 0.2)), max_size=50))
def test_the_newest_wins_and_nothing_is_said_twice_or_too_often(steps: list[tuple[str, str, float]]) -> None:
    states, now = States(), 0.0
    sent: dict[str, list[tuple[float, str]]] = {"a": [], "b": []}
    wanted: dict[str, str] = {}
    for topic, payload, pause in [*steps, ("a", "x", 1.0), ("a", "x", 1.0)]:
        now += pause
        states.put(topic, payload, STATE)
        wanted[topic] = payload
        for name, said, _ in states.due(now)[0]:
            sent[name].append((now, said))
    for topic, payload in wanted.items():
        assert sent[topic][-1][1] == payload
        for (one_at, one), (other_at, other) in zip(sent[topic], sent[topic][1:], strict=False):
            assert one != other
            assert other_at - one_at >= EVERY_SECONDS


def test_again_and_forget() -> None:
    states = States()
    states.put("a/x", "1", STATE)
    assert [topic for topic, _, _ in states.due(0.0)[0]] == ["a/x"]
    assert states.due(1.0)[0] == []
    states.again()
    assert [topic for topic, _, _ in states.due(2.0)[0]] == ["a/x"]
    assert states.forget("a/") == ["a/x"]
    states.again("a/x")
    assert states.due(3.0)[0] == []

"""Alerts: after long enough, not before, and off again only when it has been good for a while."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.observe.alerts import RULES, AlertName, Alerts, Sample

BAD: dict[AlertName, Sample] = {
    "latency": Sample(p95_ms=2_001),
    "memory": Sample(memory_percent=90.1),
    "recogniser": Sample(recogniser_ready=False),
    "store": Sample(store_writable=False),
}
GOOD = Sample(2_000, 90.0, True, True)
STEP = 5.0


def feed(alerts: Alerts, sample: Sample, start: float, seconds: float) -> tuple[float, set[str]]:
    """Samples every `STEP` from `start` to `start + seconds`, both included; what is on then."""
    now, on = start, set()
    while now <= start + seconds:
        on = {alert.name for alert in alerts.take(sample, now) if alert.on}
        now += STEP
    return now, on


@pytest.mark.parametrize(
    ("name", "seconds"), [("latency", 300), ("memory", 300), ("recogniser", 60), ("store", 30)]
)
def test_on_after_its_time_and_off_after_a_while(name: AlertName, seconds: float) -> None:
    alerts = Alerts()
    assert RULES[name].raise_seconds == seconds
    _, on = feed(alerts, BAD[name], 0.0, seconds - STEP)
    assert on == set()
    now, on = feed(alerts, BAD[name], seconds, 0.0)
    assert on == {name}
    now, on = feed(alerts, GOOD, now, RULES[name].clear_seconds - STEP)
    assert on == {name}
    _, on = feed(alerts, GOOD, now, STEP)
    assert on == set()


def test_an_alert_says_why_and_what_to_do() -> None:
    alerts = Alerts()
    feed(alerts, BAD["store"], 0.0, 30.0)
    (store,) = [alert for alert in alerts.take(BAD["store"], 35.0) if alert.on]
    assert "cannot be written" in store.reason
    assert store.hint


@pytest.mark.parametrize("name", list(BAD))
def test_one_good_sample_starts_anew(name: AlertName) -> None:
    alerts = Alerts()
    now, _ = feed(alerts, BAD[name], 0.0, RULES[name].raise_seconds - STEP)
    alerts.take(GOOD, now)
    _, on = feed(alerts, BAD[name], now + STEP, RULES[name].raise_seconds - STEP)
    assert on == set()


def test_nothing_known_raises_nothing() -> None:
    assert feed(Alerts(), Sample(), 0.0, 1_000.0)[1] == set()


def test_a_gap_counts_for_nothing() -> None:
    alerts = Alerts()
    alerts.take(BAD["memory"], 0.0)
    assert not any(alert.on for alert in alerts.take(BAD["memory"], 10_000.0))


@given(st.lists(st.tuples(st.sampled_from([*BAD.values(), GOOD, Sample()]), st.floats(0.1, 50)), max_size=60))
def test_nothing_is_on_that_was_not_wrong_for_its_time(samples: list[tuple[Sample, float]]) -> None:
    alerts, now = Alerts(), 0.0
    for sample, step in samples:
        now += step
        for alert in alerts.take(sample, now):
            assert not alert.on or now >= RULES[alert.name].raise_seconds

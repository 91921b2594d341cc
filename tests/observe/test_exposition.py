"""The text for Prometheus, read back by Prometheus' own parser."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from appliance.observe.exposition import MAX_SERIES, OTHER, Counter, Family, Gauge, Histogram, number, render


def parsed(*families: Family) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(render(families)):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_a_counter_without_labels_is_there_at_zero() -> None:
    assert (
        render([Counter("x_total", "Things.")])
        == "# HELP x_total Things.\n# TYPE x_total counter\nx_total 0\n"
    )


def test_nothing_is_said_of_what_has_no_series() -> None:
    assert (
        render([Gauge("x", "X."), Counter("y_total", "Y.", ("a",)), Histogram("z", "Z.", (1,), ("a",))]) == ""
    )


def test_counting() -> None:
    counter = Counter("x_total", "X.", ("word", "code"))
    counter.add(1, "a", "b")
    counter.add(2.5, "a", "b")
    counter.add(1, "a", "c")
    assert parsed(counter)["x_total"] == [({"word": "a", "code": "b"}, 3.5), ({"word": "a", "code": "c"}, 1)]


@pytest.mark.parametrize("amount", [-1.0, math.nan, math.inf])
def test_a_counter_never_shrinks(amount: float) -> None:
    counter = Counter("x_total", "X.")
    counter.add(amount)
    assert counter.value() == 0


def test_the_number_of_labels_is_fixed() -> None:
    with pytest.raises(ValueError, match="x_total"):
        Counter("x_total", "X.", ("a",)).add(1)


def test_totals_counted_elsewhere_take_the_place_of_the_old() -> None:
    counter = Counter("x_total", "X.", ("stage",))
    counter.totals([(("a",), 3), (("b",), 1), (("c",), None)])
    counter.totals([(("a",), 4)])
    assert parsed(counter)["x_total"] == [({"stage": "a"}, 4)]


def test_a_gauge_that_is_not_known_goes() -> None:
    gauge = Gauge("x", "X.")
    gauge.set(2.5)
    assert render([gauge]).endswith("\nx 2.5\n")
    gauge.set(None)
    assert render([gauge]) == ""
    gauge.set(math.nan)
    assert render([gauge]) == ""


def test_a_gauge_goes_up_and_down() -> None:
    gauge = Gauge("x", "X.")
    gauge.add(2)
    gauge.add(-1)
    assert gauge.value() == 1


def test_a_histogram_has_buckets_sum_and_count() -> None:
    histogram = Histogram("x_seconds", "X.", (0.1, 1.0), ("source",))
    for value in (0.05, 0.1, 0.5, 7.0, math.nan, -1.0, math.inf):
        histogram.observe(value, "intent")
    found = parsed(histogram)
    buckets = [(float(labels["le"]), value) for labels, value in found["x_seconds_bucket"]]
    assert buckets == [(0.1, 2), (1.0, 3), (math.inf, 4)]
    assert found["x_seconds_sum"] == [({"source": "intent"}, pytest.approx(7.65))]
    assert found["x_seconds_count"] == [({"source": "intent"}, 4)]
    assert (histogram.count("intent"), histogram.count("model")) == (4, 0)


def test_series_are_bounded() -> None:
    counter, histogram = Counter("x_total", "X.", ("word",)), Histogram("y", "Y.", (1,), ("word",))
    gauge = Gauge("z", "Z.", ("word",))
    for each in range(1_000):
        counter.add(1, f"word {each}")
        histogram.observe(0.5, f"word {each}")
    gauge.replace(((f"word {each}",), 1) for each in range(1_000))
    for family, name in ((counter, "x_total"), (histogram, "y_count"), (gauge, "z")):
        series = {labels["word"]: value for labels, value in parsed(family)[name]}
        assert len(series) == MAX_SERIES + 1
        assert series[OTHER] == 1_000 - MAX_SERIES
        assert sum(series.values()) == 1_000


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.tuples(st.text(max_size=80), st.floats(0, 1e9)), max_size=20))
def test_any_label_survives_the_way_through_the_parser(pairs: list[tuple[str, float]]) -> None:
    counter = Counter("x_total", 'Of "all" \\ kinds\n# TYPE x gauge', ("word",))
    for word, amount in pairs:
        counter.add(amount, word)
    read = {labels["word"]: value for labels, value in parsed(counter).get("x_total", [])}
    assert read == {dict(sample.labels)["word"]: sample.value for sample in counter.samples()}
    assert all(word.isprintable() and len(word) <= 64 for word in read)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(st.floats(0, 100), max_size=50))
def test_buckets_grow_and_end_with_the_count(values: list[float]) -> None:
    histogram = Histogram("x", "X.", (0.5, 1, 10))
    for value in values:
        histogram.observe(value)
    found = parsed(histogram)
    buckets = [value for _, value in found["x_bucket"]]
    assert buckets == sorted(buckets)
    expected = [sum(value <= bound for value in values) for bound in (0.5, 1, 10, math.inf)]
    assert buckets == expected
    assert found["x_count"][0][1] == len(values)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1.0, "1"),
        (0.25, "0.25"),
        (1e300, "1e+300"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (-2, "-2"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text

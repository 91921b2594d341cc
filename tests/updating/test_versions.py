"""The order of versions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import versions
from appliance.updating.errors import UpdateError

# As of semver.org, and our own.
ASCENDING = [
    "0.1.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2",
    "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2026.11.2", "2026.12", "2026.12.0.1",
]  # fmt: skip


def test_the_order() -> None:
    for older, newer in itertools.pairwise(ASCENDING):
        assert versions.newer(newer, older), (older, newer)
        assert not versions.newer(older, newer)


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1.0.0"), ("1.0.0+build.7", "1.0.0"), ("2026.1", "2026.01")]
)
def test_the_same(one: str, other: str) -> None:
    assert versions.key(one) == versions.key(other)


@pytest.mark.parametrize(
    "text", ["", "v1", "1.", "1..2", "1.0-", "1.0 ", "1.0\n", "١.٠", "1." * 40, "../1.0"]
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(UpdateError, match="not a version"):
        versions.key(text)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
def test_the_last_number_counts(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers))
    later = ".".join(map(str, [*numbers[:-1], numbers[-1] + 1]))
    assert versions.newer(later, text)

"""What may be installed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.updating import policy
from appliance.updating.errors import Refused
from appliance.updating.policy import Here, Offer

HERE = Here("1.5.0", "n100", 3)
GOOD = Offer("1.6.0", "n100", 3)


@pytest.mark.parametrize(
    "offer",
    [
        GOOD,
        Offer("1.5.0", "n100", 3),
        Offer("1.6.0", "n100", 4),
        Offer("1.6.0", "n100", 3, min_version="1.5.0"),
    ],
)
def test_what_is_let_in(offer: Offer) -> None:
    policy.check(offer, HERE)


@pytest.mark.parametrize(
    ("offer", "why"),
    [
        (Offer("1.6.0", "pi5", 3), "board 'pi5'"),
        (Offer("1.6.0", "n100", 2), "security fix"),
        (Offer("1.6.0", "n100", 0), "security epoch"),
        (Offer("1.6.0", "n100", 10**7), "security epoch"),
        (Offer("1.4.9", "n100", 3), "older"),
        (Offer("1.5.0-beta.1", "n100", 3), "older"),
        (Offer("rubbish", "n100", 3), "not a version"),
        (Offer("2.0.0", "n100", 3, min_version="1.9.0"), "1.9.0"),
    ],
)
def test_what_is_not(offer: Offer, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        policy.check(offer, HERE)
    assert caught.value.hint


def test_nothing_while_a_version_is_on_trial() -> None:
    with pytest.raises(Refused, match="still being tried"):
        policy.check(GOOD, msgspec.structs.replace(HERE, trying=True))


def test_the_owner_may_go_back_within_the_epoch_only() -> None:
    policy.check(Offer("1.0.0", "n100", 3), HERE, allow_downgrade=True)
    with pytest.raises(Refused, match="security fix"):
        policy.check(Offer("1.0.0", "n100", 2), HERE, allow_downgrade=True)


@given(epoch=st.integers(-5, 10), floor=st.integers(1, 8), downgrade=st.booleans())
def test_never_behind_the_epoch(epoch: int, floor: int, downgrade: bool) -> None:
    here = Here("1.0", "n100", floor)
    try:
        policy.check(Offer("2.0", "n100", epoch), here, allow_downgrade=downgrade)
    except Refused:
        assert epoch < floor
    else:
        assert epoch >= floor

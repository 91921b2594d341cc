"""What is private does not pass, whatever it is and wherever it stands; what helps does."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.support.scrub import GONE, Scrubber

OURS = frozenset(
    {
        *("stage", "stt", "is", "ready", "to", "the", "broker", "at", "connected", "password", "of", "for"),
        *("was", "said", "ms", "after", "in", "by"),
    }
)


def scrubber(**known: list[str]) -> Scrubber:
    return Scrubber(OURS, **known)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("stage stt is ready after 412 ms", "stage stt is ready after 412 ms"),
        ("the kitchen is ready", "the … is ready"),
        ("connected to 192.168.1.20 at 12", "connected to address-1 at 12"),
        ("127.0.0.1 and ::1", "127.0.0.1 … ::1"),
        ("by fe80::1cd2:ff:fe00:1%eth0 in 2001:db8::7", "by address-1 in address-2"),
        ("by b8:27:eb:12:34:56", "by address-1"),
        ("broker nas.home.example:1883", "broker host-1:…"),
        ("said anna@example.org", "said mail-1"),
        ("stage-12 stt_3 of 4711", "stage-12 stt_3 of …"),
        ("password=hunter2 for the broker", "password=… for the broker"),
        ("to mqtt://me:secret@broker/x", "to …://…:…@broker/…"),
        ("ready -----BEGIN RSA PRIVATE KEY-----\nready\n-----END RSA PRIVATE KEY----- in", "ready … in"),
        ("ready \x00 0 \x01 é", "ready \\… 0 \\… …"),
    ],
)
def test_what_stays_and_what_goes(text: str, shown: str) -> None:
    assert scrubber().text(text) == shown


def test_one_pseudonym_a_thing() -> None:
    scrub = scrubber(hosts=["hub"], people=["Anna Berg", "Anna"])
    assert scrub.text("hub is ready; 10.0.0.1") == "host-1 is ready; address-1"
    assert scrub.text("10.0.0.2 10.0.0.1 HUB") == "address-2 address-1 host-1"
    assert scrub.text("anna said to Anna Berg") == "person-1 said to person-2"


def test_a_secret_of_our_own_words_goes_too() -> None:
    assert scrubber(secrets=["ready broker"]).text("the Ready Broker is ready") == f"the {GONE} is ready"
    assert scrubber(secrets=["at"]).text("at that") == f"{GONE} {GONE}"


def test_trees() -> None:
    given = {"stage": "stt", "Anna": [1, 2.5, True, None, "kitchen"], "Berta": {"x": object()}}
    assert scrubber().tree(given) == {
        "stage": "stt",
        GONE: [1, 2.5, True, None, GONE],
        f"{GONE} 2": {GONE: GONE},
    }


def test_deep_and_long_ones_end() -> None:
    deep: object = "stt"
    for _ in range(100):
        deep = [deep]
    assert "stt" not in json.dumps(scrubber().tree(deep))
    assert len(scrubber().text("stage " * 100_000)) <= 600


SECRETS = st.text(
    st.characters(whitelist_categories=("Lu", "Ll", "Nd", "Lo"), whitelist_characters="-_.!@#$%&*+=/:~"),
    min_size=6, max_size=40,
).filter(lambda text: not set(text) <= set("0123456789.:-_/"))  # fmt: skip


def parts(text: str) -> list[str]:
    """What must not be found: runs of six or more characters of it."""
    return [text[at : at + 6] for at in range(len(text) - 5)]


@given(
    SECRETS,
    st.sampled_from(["", "the ", "password=", "said '", "broker:"]),
    st.sampled_from(["", " is ready", "'", "/stt"]),
)
def test_nothing_that_is_not_ours_passes_even_when_nobody_knows_it(
    secret: str, before: str, after: str
) -> None:
    got = scrubber().text(f"{before}{secret}{after}")
    assert secret not in got
    left = got.replace(before.strip(), "").replace(after.strip(), "")
    words = "".join(char if char.isalpha() else " " for char in left).split()
    assert set(words) <= OURS | {"host", "address", "mail"}


@given(st.lists(st.sampled_from(sorted(OURS)), min_size=2, max_size=6))
def test_what_is_known_never_passes(words: list[str]) -> None:
    secret = " ".join(words)
    assert secret not in scrubber(secrets=[secret]).text(f"stage {secret} is {secret}")

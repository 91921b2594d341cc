"""Waiting messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.mqtt.outbox import Outbox, Outgoing, Sent


def item(name, expires_at=None, size=1, *, retain=False):
    heard = []
    return Outgoing(name, b"x" * size, 0, retain, expires_at, heard.append), heard


def test_order_expiry_and_room():
    box = Outbox(2, 100)
    (first, heard1), (second, heard2), (third, heard3) = item("1", 5.0), item("2"), item("3")
    for each in (first, second, third):
        box.put(each)
    assert heard3 == [Sent.DROPPED]
    assert box.take(5.0) is second
    assert (heard1, heard2) == ([Sent.EXPIRED], [])
    assert (box.dropped, box.expired, len(box)) == (1, 1, 0)


def test_bytes_are_bounded_and_given_back():
    box = Outbox(100, 10)
    big, small = item("big", size=8), item("small", size=3)
    box.put(big[0])
    box.put(small[0])
    assert small[1] == [Sent.DROPPED]
    assert box.take(0.0) is big[0]
    box.put(item("next", size=10)[0])
    assert len(box) == 1


def test_what_expired_on_its_own_is_never_taken():
    box = Outbox(10, 100)
    waiting, heard = item("1")
    box.put(waiting)
    assert box.expire(waiting)
    assert not box.expire(waiting)
    assert heard == [Sent.EXPIRED]
    assert box.take(0.0) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=30))
def test_nothing_is_ever_taken_after_its_time(steps):
    box = Outbox(5, 1_000)
    for now, (expires, _) in enumerate(steps):
        box.put(item("x", float(now + expires))[0])
        taken = box.take(float(now + steps[now][1]))
        assert taken is None or taken.expires_at > now + steps[now][1]


STEPS = st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 3), st.booleans())


@given(st.lists(STEPS, max_size=40))
def test_the_newest_state_of_every_topic_is_sent_and_bounds_hold(steps):
    box, latest, sent, fates = Outbox(6, 18), {}, {}, []
    for topic, keep, size, take in steps:
        heard = []
        fates.append(heard)
        each = Outgoing(topic, b"x" * size, 0, keep, None, heard.append)
        box.put(each)
        if keep and not heard:
            latest[topic] = each
        if take and (taken := box.take(0.0)) and taken.retain:
            sent[taken.topic] = taken
        assert len(box) <= 6
        assert box._bytes == sum(len(waiting.payload) for waiting in box._waiting.values()) <= 18
    while (taken := box.take(0.0)) is not None:
        if taken.retain:
            sent[taken.topic] = taken
    assert all(len(heard) <= 1 for heard in fates)
    assert sent == latest

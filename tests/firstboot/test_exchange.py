from __future__ import annotations

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import Malformed, PeerGone, TooBig, WireError
from appliance.firstboot.exchange import MAX_PACKET_BYTES, Attempt, Channel, Show, Verdict, Visit
from appliance.firstboot.nmcli import Seen


def pair() -> tuple[Channel, Channel, socket.socket]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(one, page=False), Channel(other, page=True), other


async def test_both_ends_understand_each_other() -> None:
    keeper, page, _ = pair()
    show = Show("n", "de", "10.42.0.1", (Seen("Home", 3, True),), "why")
    await keeper.send(show)
    assert await page.receive() == show
    await page.send(Visit())
    await page.send(Attempt("Home", "correct horse", "1"))
    assert await keeper.receive() == Visit()
    assert await keeper.receive() == Attempt("Home", "correct horse", "1")
    page.close()
    with pytest.raises(PeerGone):
        await keeper.receive()
    keeper.close()


async def test_the_page_may_not_speak_as_the_keeper() -> None:
    keeper, page, _ = pair()
    await page.send(Verdict(True))
    with pytest.raises(Malformed):
        await keeper.receive()
    keeper.close()
    page.close()


async def test_a_packet_above_the_limit_is_neither_sent_nor_taken() -> None:
    keeper, page, raw = pair()
    with pytest.raises(TooBig):
        await page.send(Attempt("x", "y" * MAX_PACKET_BYTES, "z"))
    raw.send(b"x" * (MAX_PACKET_BYTES + 100))
    with pytest.raises(TooBig):
        await keeper.receive()
    keeper.close()
    page.close()


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=200))
async def test_any_packet_is_a_message_or_an_error(packet: bytes) -> None:
    keeper, page, raw = pair()
    raw.send(packet)
    try:
        assert isinstance(await keeper.receive(), Visit | Attempt)
    except WireError as error:
        assert error.message  # noqa: PT017 - either is fine
    finally:
        keeper.close()
        page.close()


def test_a_password_is_not_in_a_log() -> None:
    assert "secret" not in repr(Attempt("Home", "secret", "secret"))

"""Headers of every answer, and cookies read from hostile ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from appliance.web.access.headers import CONTENT_POLICY, MAX_COOKIES_LENGTH, cookie, secured


def test_what_a_handler_sets_itself_is_left_alone() -> None:
    found = dict(secured([(b"Cache-Control", b"max-age=60"), (b"etag", b"x")], {"vary": "origin"}))
    assert found[b"Cache-Control"] == b"max-age=60"
    assert b"cache-control" not in found
    assert found[b"vary"] == b"origin"
    assert found[b"x-content-type-options"] == b"nosniff"


def test_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "frame-ancestors 'none'" in CONTENT_POLICY


def test_one_cookie_of_several() -> None:
    assert cookie("a=1; appliance=xyz; b=2", "appliance") == "xyz"
    assert cookie("appliance=xyz==", "appliance") == "xyz=="
    assert cookie("appliance-csrf=1; xappliance=2", "appliance") == ""


def test_one_that_was_tossed_in_makes_both_worthless() -> None:
    assert cookie("appliance=mine; appliance=theirs", "appliance") == ""


@given(some.text(max_size=200))
def test_whatever_comes(header: str) -> None:
    found = cookie(header, "appliance")
    assert found == "" or f"appliance={found}" in header


def test_a_long_header_is_not_searched() -> None:
    assert cookie("appliance=x; " + "a" * MAX_COOKIES_LENGTH, "appliance") == ""

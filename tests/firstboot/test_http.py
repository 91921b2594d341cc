from __future__ import annotations

import contextlib
from http import HTTPStatus
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import http


def head(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def post(**headers: str) -> http.Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return http.Request("POST", "/join", {"content-type": http.FORM, **named})


def test_a_request_is_read() -> None:
    request = http.parse_head(head("GET /a?b=c HTTP/1.1", "Host: X.local:80", "x-y:  z "))
    assert request == http.Request("GET", "/a", {"host": "X.local:80", "x-y": "z"})


def test_a_proxys_form_of_address_is_read() -> None:
    assert http.parse_head(head("GET http://a.b/c/d HTTP/1.1")).path == "/c/d"
    assert http.parse_head(head("GET http://a.b HTTP/1.0")).path == "/"


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("GET / HTTP/2.0",), 400),
        (("get / HTTP/1.1",), 400),
        (("GET /",), 400),
        (("GET /\x01 HTTP/1.1",), 400),
        (("GET / HTTP/1.1", "no colon"), 400),
        (("GET / HTTP/1.1", " folded: x"), 400),
        (("GET / HTTP/1.1", "a\x00b: x"), 400),
        (("GET / HTTP/1.1", "Transfer-Encoding: chunked"), 501),
        (("GET / HTTP/1.1", *[f"h{n}: x" for n in range(100)]), 431),
        ((f"GET /{'x' * 3_000} HTTP/1.1",), 400),
    ],
)
def test_what_is_no_request_is_refused(lines: tuple[str, ...], status: int) -> None:
    with pytest.raises(http.BadRequest) as caught:
        http.parse_head(head(*lines))
    assert caught.value.status == status


@given(st.binary(max_size=500))
def test_any_bytes_are_a_request_or_refused(content: bytes) -> None:
    with contextlib.suppress(http.BadRequest):
        assert http.parse_head(content).method.isupper()


@pytest.mark.parametrize(
    ("told", "status"), [("", 411), ("-1", 400), ("1e3", 400), ("99999999999", 400), ("4096", 413)]
)
def test_a_body_is_bounded(told: str, status: int) -> None:
    with pytest.raises(http.BadRequest) as caught:
        http.body_length(post(content_length=told))
    assert caught.value.status == status


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.text(max_size=80), max_size=8))
def test_what_a_browser_encodes_is_read(fields: dict[str, str]) -> None:
    assert http.parse_form(post(), urlencode(fields).encode()) == (fields or {"": ""})


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_refused(body: bytes) -> None:
    with contextlib.suppress(http.BadRequest):
        assert len(http.parse_form(post(), body)) <= http.MAX_FIELDS


def test_a_form_of_another_kind_is_refused() -> None:
    with pytest.raises(http.BadRequest) as caught:
        http.parse_form(post(content_type="text/plain"), b"a=b")
    assert caught.value.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


def test_an_answer_allows_no_script_and_no_frame() -> None:
    answer = http.response(HTTPStatus.OK, "ü").decode()
    assert "Content-Length: 2\r\n" in answer
    assert "default-src 'none'" in answer
    assert "frame-ancestors 'none'" in answer
    assert answer.endswith("\r\n\r\nü")

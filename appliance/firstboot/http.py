"""As much HTTP/1.1 as a page with one form needs, on hostile input. Pure.

One request a connection; no keep-alive, no chunked bodies, no uploads. Everything is bounded: the head, the
number of headers, the body. Source: RFC 9110, RFC 9112; the form's encoding: WHATWG URL, 5.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import msgspec

MAX_HEAD_BYTES: Final = 8_192
MAX_HEADERS: Final = 64
MAX_BODY_BYTES: Final = 2_048
MAX_FIELDS: Final = 12
REQUEST_LINE = re.compile(rb"([A-Z]{1,10}) ([!-~]{1,2000}) HTTP/1\.([01])")
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([^\r\n\0]*?)[ \t]*")
FORM = "application/x-www-form-urlencoded"


class BadRequest(Exception):
    """What came is no request that is answered; `status` says why."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Request(msgspec.Struct, frozen=True):
    """A request's head; `headers` by lower case name, the first of each counts."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The name that was asked for, without the port."""
        return self.headers.get("host", "").rpartition("@")[2].partition(":")[0].lower()


def parse_head(head: bytes) -> Request:
    """Up to and without the empty line. Raises BadRequest."""
    lines = head.split(b"\r\n")
    match = REQUEST_LINE.fullmatch(lines[0])
    if match is None:
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    if len(lines) > MAX_HEADERS:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        field = HEADER.fullmatch(line)
        if field is None:
            raise BadRequest(HTTPStatus.BAD_REQUEST)
        headers.setdefault(field[1].decode().lower(), field[2].decode("latin-1"))
    path = match[2].decode().partition("?")[0].partition("#")[0]
    if "transfer-encoding" in headers:
        raise BadRequest(HTTPStatus.NOT_IMPLEMENTED)
    return Request(match[1].decode(), _local(path), headers)


def _local(path: str) -> str:
    """The path of `http://any.host/path`, as proxies' clients send it, too."""
    if path.startswith("http://"):
        _, slash, rest = path.removeprefix("http://").partition("/")
        return f"{slash}{rest}" or "/"
    return path


def body_length(request: Request) -> int:
    """How many bytes of body follow. Raises BadRequest for none told, or too many."""
    told = request.headers.get("content-length", "")
    if not told:
        raise BadRequest(HTTPStatus.LENGTH_REQUIRED)
    if not re.fullmatch(r"[0-9]{1,9}", told):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    if int(told) > MAX_BODY_BYTES:
        raise BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(told)


def parse_form(request: Request, body: bytes) -> Mapping[str, str]:
    """The form's fields; of a name that comes twice, the first. Raises BadRequest."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise BadRequest(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    pairs = body.split(b"&")
    if len(pairs) > MAX_FIELDS:
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    fields: dict[str, str] = {}
    try:
        for pair in pairs:
            name, _, value = pair.decode("ascii").partition("=")
            fields.setdefault(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict"))
    except UnicodeDecodeError as error:
        raise BadRequest(HTTPStatus.BAD_REQUEST) from error
    return fields


def response(status: HTTPStatus, body: str = "", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole answer, after which the connection is closed. No page may be framed, cached or scripted."""
    content = body.encode()
    lines = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(content)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'",
        **(headers or {}),
    }
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        *(f"{name}: {value}" for name, value in lines.items()),
    ]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + content


def redirect(address: str) -> bytes:
    """Go there instead."""
    return response(HTTPStatus.FOUND, "", {"Location": address})

"""How uvicorn is set."""

from __future__ import annotations

from appliance.web.access.gate import MAX_HEAD_BYTES
from appliance.web.serving import configuration


def test_no_header_tells_who_asks() -> None:
    set_so = configuration(None)
    assert not set_so.proxy_headers
    assert not set_so.server_header
    assert set_so.h11_max_incomplete_event_size == MAX_HEAD_BYTES

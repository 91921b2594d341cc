"""A hundred who listen cost the one who speaks nothing that is heard."""

from __future__ import annotations

from tests.web.access.keys import token
from tests.web.talk.conftest import Home
from tests.web.talk.listening import ask

LISTENERS = 100
BUFFER_MS = 20
"""So much the loudspeaker's buffer in the browser holds before it begins (playback.js)."""


async def test_a_hundred_listeners_make_no_gap_in_the_answer(home: Home) -> None:
    heard = await ask(home.url, token(home.running.data, "chat", "read"), LISTENERS)
    assert heard.complete == LISTENERS
    assert heard.pieces > 1
    assert heard.late_ms <= BUFFER_MS

"""Which time a machine begins with, and what it remembers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.machine_clock import decide
from appliance.machine_clock.decide import EARLIEST_S, LATEST_S, MAX_NOTE_BYTES, Note, Start

NOW = 1_795_000_000.0
DAY = 86_400.0
TIMES = st.floats(EARLIEST_S, LATEST_S)


@pytest.mark.parametrize(
    ("now_s", "note_s", "image_s", "begun"),
    [
        (NOW, NOW - DAY, NOW - 9 * DAY, Start("own", NOW, NOW)),
        (0.0, NOW, NOW - DAY, Start("last known", NOW, 0.0)),
        (0.0, None, NOW - DAY, Start("image", NOW - DAY, 0.0)),
        (0.0, NOW - 9 * DAY, NOW, Start("image", NOW, 0.0)),
        (0.0, None, 0.0, Start("own", 0.0, 0.0)),
        (NOW - 1, NOW, 0.0, Start("own", NOW - 1, NOW - 1)),
        (NOW - 3, NOW, 0.0, Start("last known", NOW, NOW - 3)),
        (NOW, None, LATEST_S + 1, Start("own", NOW, NOW)),
    ],
)
def test_the_clock_at_boot(now_s: float, note_s: float | None, image_s: float, begun: Start) -> None:
    note = None if note_s is None else Note(note_s)
    assert decide.start(now_s, note, image_s) == begun
    assert begun.kept_time == (begun.wall_s == begun.found_s)


@given(st.floats(-1e12, 1e12), st.none() | TIMES, st.floats(-1e12, 1e12))
def test_it_never_goes_back(now_s: float, note_s: float | None, image_s: float) -> None:
    begun = decide.start(now_s, None if note_s is None else Note(note_s), image_s)
    assert begun.wall_s >= now_s
    assert note_s is None or begun.wall_s > note_s - decide.SLACK_S


@pytest.mark.parametrize(
    ("now_s", "before", "synchronised", "written"),
    [
        (NOW, None, False, True),
        (NOW, Note(NOW - 30), False, False),
        (NOW, Note(NOW - 61), False, True),
        (NOW, Note(NOW + DAY), False, False),
        (NOW, Note(NOW + DAY), True, True),
        (NOW, Note(NOW - 30), True, True),
        (NOW, Note(NOW - 30, synchronised=True), True, False),
        (NOW, Note(NOW + DAY, synchronised=True), False, False),
        (0.0, None, True, False),
        (LATEST_S + 1, None, True, False),
    ],
)
def test_what_is_written_down(now_s: float, before: Note | None, synchronised: bool, written: bool) -> None:
    """A time that no server confirmed never replaces a later one; one that a server confirmed does."""
    wanted = Note(now_s, synchronised) if written else None
    assert decide.note_now(now_s, before, synchronised=synchronised) == wanted


@given(TIMES, TIMES, st.booleans())
def test_without_a_server_no_known_time_is_forgotten(
    now_s: float, before_s: float, synchronised: bool
) -> None:
    new = decide.note_now(now_s, Note(before_s, synchronised), synchronised=False)
    assert new is None or new.wall_s > before_s


@given(TIMES, st.booleans())
def test_a_note_is_read_as_it_was_written(wall_s: float, synchronised: bool) -> None:
    note = Note(wall_s, synchronised)
    assert decide.parse(decide.encode(note)) == note


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{}", b"[]", b'{"wall_s": "now"}', b'{"wall_s": 0}', b'{"wall_s": 1e300}', b"\xff\xfe",
        b'{"wall_s": -1795000000}', b'{"wall_s": 1795000000' + b" " * MAX_NOTE_BYTES + b"}", b"[" * 400,
        b'{"wall_s": NaN}',
        b'{"wall_s": 1' + b"0" * 400 + b"}", b'{"wall_s": Infinity}', b'{"wall_s": true}',
    ],
)  # fmt: skip
def test_a_damaged_note_is_no_note(raw: bytes) -> None:
    assert decide.parse(raw) is None


@given(st.binary(max_size=600))
def test_any_bytes_make_no_trouble(raw: bytes) -> None:
    note = decide.parse(raw)
    assert note is None or EARLIEST_S <= note.wall_s <= LATEST_S


@given(st.sampled_from(["own", "last known", "image"]), TIMES, st.floats(-1e12, 1e12))
def test_what_happened_is_read_as_it_was_written(
    source: decide.Source, wall_s: float, found_s: float
) -> None:
    begun = Start(source, wall_s, found_s)
    assert decide.parse_start(decide.encode(begun)) == begun

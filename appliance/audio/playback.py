"""What waits for the loudspeaker, turn by turn, and what has been played of it. Standard library only."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from appliance.audio import pcm

MAX_QUEUED_SECONDS = 120.0
"""Speech is made faster than it is spoken; more than this waiting is dropped and counted."""


@dataclass
class Track:
    """One turn's speech, in order. `ended`: nothing follows."""

    turn: int
    pieces: deque[tuple[int, bytes]] = field(default_factory=deque)
    ended: bool = False
    started: bool = False
    seconds: float = 0.0
    _squares: float = 0.0
    _samples: int = 0

    def played(self, rate_hz: int, piece: bytes, gain: float = 1.0) -> None:
        """This piece has reached the loudspeaker, louder by `gain`."""
        values = pcm.samples(piece)
        self._samples += len(values)
        self._squares += sum(value * value for value in values) * gain * gain
        self.seconds += len(values) / rate_hz

    def rms(self) -> float:
        """Of all that was played, 0.0 to 1.0 of full scale."""
        return math.sqrt(self._squares / self._samples) / pcm.FULL_SCALE if self._samples else 0.0

    def take(self, seconds: float) -> tuple[int, bytes] | None:
        """The next piece, at most about this long (at least one sample); None when nothing waits."""
        if not self.pieces:
            return None
        rate_hz, piece = self.pieces[0]
        size = max(1, round(seconds * rate_hz)) * pcm.SAMPLE_BYTES
        if size >= len(piece):
            self.pieces.popleft()
            return rate_hz, piece
        self.pieces[0] = (rate_hz, piece[size:])
        return rate_hz, piece[:size]

    def waiting_seconds(self) -> float:
        """Speech that has not been taken yet."""
        return sum(len(piece) / (pcm.SAMPLE_BYTES * rate_hz) for rate_hz, piece in self.pieces)


class PlayQueue:
    """Turns one after the other. Counts what it drops."""

    def __init__(self) -> None:
        self._tracks: deque[Track] = deque()
        self.dropped_seconds = 0.0

    def __bool__(self) -> bool:
        return bool(self._tracks)

    @property
    def head(self) -> Track | None:
        """The turn whose speech comes next."""
        return self._tracks[0] if self._tracks else None

    def add(self, turn: int, rate_hz: int, speech: bytes) -> None:
        """Queue a piece; an odd last byte is dropped, and all of it when too much waits already."""
        speech = speech[: len(speech) // pcm.SAMPLE_BYTES * pcm.SAMPLE_BYTES]
        track = self._open_track(turn)
        seconds = len(speech) / (pcm.SAMPLE_BYTES * rate_hz)
        if sum(each.waiting_seconds() for each in self._tracks) + seconds > MAX_QUEUED_SECONDS:
            self.dropped_seconds += seconds
        elif speech:
            track.pieces.append((rate_hz, speech))

    def end(self, turn: int) -> None:
        """Nothing more follows for this turn, which may be one without any speech."""
        self._open_track(turn).ended = True

    def remove(self, turn: int) -> list[Track]:
        """Forget this turn; its tracks."""
        removed = [track for track in self._tracks if track.turn == turn]
        self._tracks = deque(track for track in self._tracks if track.turn != turn)
        return removed

    def finish_head(self) -> None:
        """The first turn is done."""
        self._tracks.popleft()

    def take_dropped_blocks(self) -> int:
        """Blocks dropped since the last call."""
        blocks = math.ceil(self.dropped_seconds * 1000 / pcm.BLOCK_MS)
        self.dropped_seconds = 0.0
        return blocks

    def discard(self) -> None:
        """Forget all speech that waits, but not which turns there are."""
        for track in self._tracks:
            track.pieces.clear()

    def _open_track(self, turn: int) -> Track:
        if not self._tracks or self._tracks[-1].turn != turn or self._tracks[-1].ended:
            self._tracks.append(Track(turn))
        return self._tracks[-1]

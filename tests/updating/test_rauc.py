"""RAUC's words."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from appliance.updating import rauc
from appliance.updating.errors import Refused, UpdateError


def program(tmp_path: Path, *lines: str, status: int = 0) -> str:
    """What prints these lines as `rauc install` does."""
    file = tmp_path / "program"
    said = "\n".join(lines)
    file.write_text(f"#!/bin/sh\ncat <<'TEXT'\n{said}\nTEXT\nexit {status}\n")
    file.chmod(0o755)
    return str(file)


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, str]] = []
    said = program(
        tmp_path,
        "installing",
        "  0% Installing",
        " 40% Checking bundle done.",
        "100% Installing done.",
        "idle",
        "Installing `/x.raucb` succeeded",
    )
    rauc.install("/x.raucb", lambda percent, doing: seen.append((percent, doing)), said)
    assert seen == [(0, "Installing"), (40, "Checking bundle done."), (100, "Installing done.")]


# As RAUC 1.13 and 1.8 say it.
SAID = [
    (
        "Compatible mismatch: Expected 'appliance-n100' but bundle manifest has 'appliance-pi5'",
        Refused,
        "another kind of machine",
    ),
    ("signature verification failed: Verify error: self-signed certificate", Refused, "not signed"),
    ("Invalid bundle format", UpdateError, "not signed|failed"),
    ("Slot (1000 bytes) is too small for image (2000 bytes).", Refused, "does not fit"),
    ("Failed updating slot rootfs.1: failed to write data: No space left on device", Refused, "no room"),
    ("Failed to stream bundle https://example.org/x: Connection timed out",
     rauc.Unreachable, "over the network"),
    ("Failed updating slot rootfs.1: Error splicing data: Input/output error", Refused, "damaged"),
    ("Something new", UpdateError, "Something new"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "why"), SAID)
def test_errors_are_put_into_words(tmp_path: Path, said: str, kind: type[UpdateError], why: str) -> None:
    lines = ("  0% Installing", f"LastError: {said}", "idle", "Installing `/x.raucb` failed")
    with pytest.raises(kind, match=why) as caught:
        rauc.install("/x.raucb", lambda *_: None, program(tmp_path, *lines, status=1))
    assert caught.value.hint


def test_a_refusal_is_not_taken_for_the_network() -> None:
    assert not isinstance(
        rauc.meaning("signature verification failed: self-signed certificate"), rauc.Unreachable
    )


def test_rauc_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match="cannot be started"):
        rauc.install("/x.raucb", lambda *_: None, str(tmp_path / "nothing"))


def test_nothing_stays_behind_when_telling_fails(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid\necho ' 10% Installing'\nexec sleep 60\n")
    file.chmod(0o755)

    def stop(percent: int, doing: str) -> None:
        raise UpdateError(f"{percent} {doing}")

    with pytest.raises(UpdateError, match="10 Installing"):
        rauc.install("/x.raucb", stop, str(file))
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("it still runs")

"""The bundle as a file: a small compressed archive of its owner alone."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from appliance.errors import ApplianceError
from appliance.support.collecting import Piece

PREFIX = "appliance-support"
MAX_BYTES = 5_000_000
"""Of all pieces together, before they are packed."""
README = """\
What this bundle is: how one appliance is doing, for somebody who helps.
What is not in it: anything that was said or heard, passwords, tokens, keys, PINs, names of Wi-Fi networks,
of people, rooms and devices. Names and addresses of machines are replaced: the same one is host-1 or
address-1 in all of it.
"…" stands where something was taken out.

"""


def packed(pieces: Sequence[Piece], made_at: datetime) -> bytes:
    """The archive. Raises ApplianceError above `MAX_BYTES`."""
    rows = "".join(f"{piece.name:<20} {len(piece.content):>9} bytes  {piece.what}\n" for piece in pieces)
    readme = Piece("README.txt", "", (README + rows).encode())
    if sum(len(piece.content) for piece in pieces) > MAX_BYTES:
        raise ApplianceError(
            f"the bundle would be above {MAX_BYTES} bytes", "appliance logs --since 1h shows less"
        )
    folder = f"{PREFIX}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    raw = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=int(made_at.timestamp())) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for piece in (readme, *pieces):
            member = tarfile.TarInfo(f"{folder}/{piece.name}")
            member.size, member.mode, member.mtime = len(piece.content), 0o600, int(made_at.timestamp())
            archive.addfile(member, io.BytesIO(piece.content))
    return raw.getvalue()


def file_name(made_at: datetime) -> str:
    """What it is called unless somebody says otherwise."""
    return f"{PREFIX}-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar.gz"


def write(path: Path, content: bytes) -> None:
    """A new file, mode 0600, whole or not at all. Raises ApplianceError."""
    partial = path.with_name(f".{path.name}.partial")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(partial, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)
    except FileExistsError as error:
        raise ApplianceError(f"{path} is there already", "choose another name with --out") from error
    except OSError as error:
        raise ApplianceError(
            f"{path} cannot be written: {error.strerror}", "choose another with --out"
        ) from error
    finally:
        partial.unlink(missing_ok=True)

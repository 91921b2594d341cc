"""Channel files and whole bundles, over HTTPS."""

from __future__ import annotations

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from appliance.config.model import Update
from appliance.errors import ModelError
from appliance.ops import fetch, https
from appliance.updating import channel, signing
from appliance.updating.channel import Latest
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.places import Places

TIMEOUT_SECONDS = 20.0
CHUNK_BYTES = 1_048_576
RESERVE_BYTES = 64 * 1024**2
KEYS = "channel.pem"

Report = Callable[[int, int], None]
"""Called with (bytes here, bytes in all)."""


def latest(places: Places, update: Update, board: str, *, seen: int = 0, chosen: str = "") -> Latest:
    """What a channel offers to this board: the chosen one, else the configured; `seen` is its last serial.

    Raises Refused, and UpdateError when it cannot be asked.
    """
    if not update.url:
        raise UpdateError(
            "no update server is configured", "set update.url; or bring a file: appliance update install FILE"
        )
    name = chosen or update.channel
    where = channel.address(update.url, name, board)
    trusted = signing.public_keys(places.rauc / KEYS)
    content = _get(where, channel.MAX_BYTES)
    found = channel.unseal(content, trusted, channel=name, board=board, where=where)
    channel.check_serial(found, seen)
    return found


def _get(url: str, limit: int) -> bytes:
    if not https.allowed(url):
        raise UpdateError(f"{url[:200]!r} is not an https:// address", "set update.url to one")
    request = urllib.request.Request(url, headers={"User-Agent": fetch.AGENT})  # noqa: S310 - checked above
    try:
        with https.opener().open(request, timeout=TIMEOUT_SECONDS) as response:
            content: bytes = response.read(limit + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise UpdateError(
                f"{url}: the server answered {error.code}", "is update.url right? appliance config show"
            ) from error
    except ModelError as error:
        raise UpdateError(error.message, "tell whoever runs the server") from error
    except (OSError, http.client.HTTPException) as error:
        raise UpdateError(
            f"{urlsplit(url).hostname} cannot be reached: {_reason(error)}", "is there a network? try again"
        ) from error
    if len(content) > limit:
        raise UpdateError(f"{url} is larger than {limit} bytes", "is update.url right?")
    return content


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", "") or reason or type(reason).__name__)


def bundle(offered: Latest, folder: Path, report: Report, policy: fetch.Policy = fetch.PATIENT) -> Path:
    """The whole bundle, going on where an earlier try stopped; its checksum is right.

    Raises UpdateError: no room, no network, not what was announced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{offered.sha256}.raucb"
    _remove_others(folder, path)
    if path.exists():
        return path
    part = path.with_name(path.name + ".part")
    _check_space(folder, offered.size - (part.stat().st_size if part.exists() else 0))
    try:
        fetch.download(fetch.Job(offered.url, part, offered.size, report, policy))
    except ModelError as error:
        raise UpdateError(
            error.message, "what has come is kept; try again: appliance update install"
        ) from error
    if _sha256(part) != offered.sha256:
        fetch.discard(part)
        raise Refused(
            f"the bundle of version {offered.version} is not what was announced: its checksum is wrong",
            "it was thrown away; try again, and if it stays so, tell whoever runs the server",
        )
    fetch.finish(part, path)
    return path


def _remove_others(folder: Path, keep: Path) -> None:
    """Bundles of other versions, whole or not: there is room for one."""
    for each in folder.iterdir():
        if not each.name.startswith(keep.name):
            each.unlink(missing_ok=True)


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed + RESERVE_BYTES > free:
        raise UpdateError(
            f"{needed / 1e6:.0f} MB are needed in {folder}, {free / 1e6:.0f} MB are free",
            "make room on /data, or set update.delta = true, which needs none",
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

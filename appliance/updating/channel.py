"""Channel files: which version is the newest for a board, signed. Pure but for the check of the signature.

`<update.url>/<channel>-<board>.json`, an envelope around the signed text:

    {"payload": "<base64 of JSON>", "signatures": {"<key id>": "<base64>"}}
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated
from urllib.parse import urljoin

import msgspec
from msgspec import Meta

from appliance.updating import signing, versions
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.policy import Offer

MAX_BYTES = 65_536
FORMAT = 1
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
MAX_BUNDLE_BYTES = 4 * 1024**3

Name = Annotated[str, Meta(max_length=64)]


class Latest(msgspec.Struct, frozen=True):
    """What a channel offers to a board."""

    format: int
    channel: Name
    board: Name
    serial: Annotated[int, Meta(ge=1, le=2**53)]
    """Raised with each change, so that an older file cannot be served again."""
    version: Name
    epoch: Annotated[int, Meta(ge=1, le=1_000_000)]
    url: Annotated[str, Meta(max_length=2_000)]
    """Of the bundle; relative to the channel file, or whole."""
    size: Annotated[int, Meta(ge=1, le=MAX_BUNDLE_BYTES)]
    sha256: Annotated[str, Meta(max_length=64)]
    min_version: Name = ""
    released: Name = ""
    notes: Annotated[str, Meta(max_length=4_000)] = ""

    @property
    def offer(self) -> Offer:
        """For `policy`."""
        return Offer(self.version, self.board, self.epoch, self.min_version)


class _Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    payload: Annotated[str, Meta(max_length=MAX_BYTES)]
    signatures: Annotated[dict[str, Annotated[str, Meta(max_length=200)]], Meta(max_length=8)]


def address(base: str, channel: str, board: str) -> str:
    """Where a channel's file lies."""
    return f"{base.rstrip('/')}/{channel}-{board}.json"


def seal(latest: Latest, private_pem: bytes) -> bytes:
    """The file for this offer. Raises UpdateError."""
    payload = msgspec.json.encode(latest)
    key, signature = signing.sign(payload, private_pem)
    text, seal_text = (base64.b64encode(each).decode("ascii") for each in (payload, signature))
    return msgspec.json.encode({"payload": text, "signatures": {key: seal_text}})


def unseal(content: bytes, trusted: list[bytes], *, channel: str, board: str, where: str) -> Latest:
    """The offer in a file that came from `where`. Raises Refused; UpdateError for what is no such file."""
    try:
        envelope = msgspec.json.decode(content, type=_Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
        signatures = {key: base64.b64decode(each, validate=True) for key, each in envelope.signatures.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error, RecursionError, ValueError) as error:
        raise UpdateError(f"{where} is not a channel file", "is update.url right?") from error
    signing.verify(payload, signatures, trusted)
    try:
        latest = msgspec.json.decode(payload, type=Latest)
        versions.key(latest.version)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UpdateError(f"{where}: {error}", "the channel file was made by another version") from error
    _check(latest, channel=channel, board=board)
    return msgspec.structs.replace(latest, url=urljoin(where, latest.url))


def _check(latest: Latest, *, channel: str, board: str) -> None:
    if latest.format != FORMAT:
        raise UpdateError(
            f"the channel file has format {latest.format}, and {FORMAT} is known here",
            "update with a bundle from a stick: appliance update install FILE",
        )
    if (latest.channel, latest.board) != (channel, board):
        raise Refused(
            f"the server gave the file of {latest.channel}-{latest.board} for {channel}-{board}",
            "tell whoever runs the server",
        )
    if SHA256.fullmatch(latest.sha256) is None:
        raise UpdateError("the channel file has no checksum", "tell whoever runs the server")


def check_serial(latest: Latest, seen: int) -> None:
    """Raises Refused for a file older than one that was seen before."""
    if latest.serial < seen:
        raise Refused(
            f"the server gives an older channel file ({latest.serial}) than before ({seen})",
            "an outdated mirror? try again later",
        )

"""May this bundle be installed here? Pure.

The last word is the gate's, which RAUC itself asks with what the signed manifest says: no way to install
leads around it. Everybody else asks earlier, to say no before anything is downloaded.
"""

from __future__ import annotations

import msgspec

from appliance.updating import versions
from appliance.updating.errors import Refused, UpdateError

MAX_EPOCH = 1_000_000


class Offer(msgspec.Struct, frozen=True):
    """What a bundle, or a channel, says of itself."""

    version: str
    board: str
    epoch: int
    min_version: str = ""
    """The oldest version that can be updated to this one in one step; empty: any."""


class Here(msgspec.Struct, frozen=True):
    """What runs."""

    version: str
    board: str
    epoch: int
    """The highest that was ever committed here, or that of the running image if that is higher."""
    trying: bool = False
    """Is the running version still on trial?"""


def check(offer: Offer, here: Here, *, allow_downgrade: bool = False) -> None:
    """Raises Refused, with the reason and what to do."""
    if offer.board != here.board:
        raise Refused(
            f"this bundle is for the board {offer.board[:40]!r}, and this machine is {here.board!r}",
            f"take the one whose name begins with appliance-{here.board}-",
        )
    if here.trying:
        raise Refused(
            f"version {here.version} is still being tried; the other slot is the way back from it",
            "wait until it was found healthy, a few minutes: appliance update status",
        )
    _check_epoch(offer, here)
    _check_order(offer, here, allow_downgrade=allow_downgrade)


def _check_epoch(offer: Offer, here: Here) -> None:
    if not 0 < offer.epoch <= MAX_EPOCH:
        raise Refused("this bundle does not say its security epoch", "it was not made by tools/bundle")
    if offer.epoch < here.epoch:
        raise Refused(
            f"version {offer.version} is from before a security fix that is installed here "
            f"(epoch {offer.epoch}, here {here.epoch})",
            "there is no way back behind it, for the owner neither; install a newer version",
        )


def _check_order(offer: Offer, here: Here, *, allow_downgrade: bool) -> None:
    try:
        older = versions.newer(here.version, offer.version)
        too_far = bool(offer.min_version) and versions.newer(offer.min_version, here.version)
    except UpdateError as error:
        raise Refused(error.message, error.hint) from error
    if older and not allow_downgrade:
        raise Refused(
            f"version {offer.version} is older than {here.version}, which runs",
            "as the owner, at the console: appliance update install FILE --allow-downgrade",
        )
    if too_far:
        raise Refused(
            f"version {offer.version} wants at least {offer.min_version} before it, and {here.version} runs",
            f"install {offer.min_version} first",
        )

"""`python -m appliance.updating.gate`: RAUC asks before it writes anything; status 1 is a no.

RAUC has then checked the signature and mounted the bundle. What its manifest says under [meta.appliance]
comes as variables. Whoever starts an installation in whatever way comes through here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from appliance.errors import ApplianceError
from appliance.updating import boards, carrying, fitting, here, order, policy, record, slots
from appliance.updating.errors import Refused
from appliance.updating.order import Refusal
from appliance.updating.places import Places
from appliance.updating.policy import Offer
from appliance.updating.record import Content
from appliance.updating.slots import other

META = "RAUC_META_APPLIANCE_"
KEYS = ("VERSION", "BOARD", "EPOCH", "MIN_VERSION")
MAX_CHARS = 64


def offer(environment: Mapping[str, str]) -> Offer:
    """What the signed manifest says. Raises Refused."""
    told = {key: environment.get(META + key, "")[:MAX_CHARS] for key in KEYS}
    epoch = told["EPOCH"]
    if not told["VERSION"] or not told["BOARD"] or not (epoch.isascii() and epoch.isdigit()):
        raise Refused(
            "this bundle does not say its version, board and security epoch",
            "it was not made by tools/bundle",
        )
    return Offer(told["VERSION"], told["BOARD"], int(epoch), told["MIN_VERSION"])


def judge(environment: Mapping[str, str], places: Places) -> Offer:
    """Let it in, or raise Refused; then the other slot is marked, with what it is going to hold."""
    offered = offer(environment)
    situation = here.look(places)
    ordered = order.given(places)
    if ordered.version and ordered.version != offered.version:
        raise Refused(
            f"the bundle holds version {offered.version}, and {ordered.version} was announced",
            "tell whoever runs the server",
        )
    policy.check(offered, situation.here, allow_downgrade=ordered.allow_downgrade)
    fitting.check(environment)
    _mark(offered, situation, places)
    return offered


def _mark(offered: Offer, situation: here.Situation, places: Places) -> None:
    """No later than now: from here on the slot does not hold what the record says."""
    target = other(situation.facts.running)
    firmware = boards.of_board(situation.release.board, places.root)
    carrying.carry_out(firmware, places.kept, slots.begin_writing(situation.facts, target))
    known = record.read(places.kept)
    content = Content("writing", offered.version, offered.epoch)
    record.write(places.kept, record.with_content(known, target, content))


def main(places: Places | None = None) -> int:
    """The exit status."""
    places = places or Places()
    try:
        judge(os.environ, places)
    except ApplianceError as error:
        print(f"<< error {error.message}", flush=True)
        order.refuse(places, Refusal(error.message, error.hint))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

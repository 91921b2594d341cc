"""An update whose new slot is broken leads back to the former one, listening, without a hand.

`tools/image test --tries 20 rollback` goes through all kinds of breakage in turn; without, each has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice

from image_breakage import KINDS
from image_trials import attempt, prepared

from image_checks import Bench, Row

NAME = "rollback"
HELP = "a broken new slot: back on the former one, listening, without a hand"
ORDER = 220
OWN_GUEST = True


def run(bench: Bench) -> Iterator[Row]:
    """One row a try."""
    armed = prepared(bench)
    yield Row("the bundle on a stick was installed by itself", True, f"{armed.seconds:.0f} s with the start")
    chosen = [kind for kind in KINDS if not bench.kinds or kind.name in bench.kinds]
    good = 0
    tries = bench.tries or len(chosen)
    for kind in islice(cycle(chosen), tries):
        with armed.copy(bench.folder) as machine:
            seen = attempt(machine, kind)
        good += seen.back
        came = ", B had come up" if seen.seen_b else ""
        value = f"{seen.seconds:.0f} s{came}; {seen.told or 'nothing is told'}"
        yield Row(f"{kind.name}: {kind.help}", seen.back, value, seen.detail)
    yield Row("back on the former slot, every time", good == tries, f"{good} of {tries}")

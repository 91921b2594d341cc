"""One finding of the doctor."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["good", "weak", "bad"]


class Check(msgspec.Struct, frozen=True):
    """What was looked at, what was found, why it matters; `mend` is empty when there is nothing to do."""

    name: str
    verdict: Verdict
    found: str
    why: str
    mend: str = ""

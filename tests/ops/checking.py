"""What every check of the doctor owes to a person."""

from __future__ import annotations

from appliance.ops.check import Check


def sane(check: Check) -> Check:
    assert check.found
    assert check.why
    assert (check.verdict == "good") == (not check.mend), check
    return check

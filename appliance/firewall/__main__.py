"""`python -m appliance.firewall`: load the rules; what the unit starts, without the other commands."""

from __future__ import annotations

import sys

from appliance.errors import ApplianceError
from appliance.firewall import machine


def main() -> int:
    """Exit status: 0, or 1 with a sentence."""
    try:
        machine.apply(None, only_changes=True)
    except ApplianceError as error:
        print(f"appliance firewall: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the commands that go through many sound files share."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from appliance.errors import ApplianceError


def print_error(file: Path, error: ApplianceError, *, as_json: bool) -> None:
    """One file failed; the others go on."""
    if as_json:
        print(json.dumps({"file": str(file), "error": error.message}, ensure_ascii=False), flush=True)
    else:
        print(f"appliance: {error}", file=sys.stderr, flush=True)

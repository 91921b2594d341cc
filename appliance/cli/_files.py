"""What the commands that go through many sound files share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from appliance.errors import ApplianceError, AudioError

T = TypeVar("T")


def each_file(
    files: Iterable[Path], listen: Callable[[Path], T], show: Callable[[Path, T], None], *, as_json: bool
) -> int:
    """Listen to each and show what came of it; the exit status: 1 when a file could not be read."""
    failed = 0
    for file in files:
        try:
            heard = listen(file)
        except AudioError as error:
            failed += 1
            print_error(file, error, as_json=as_json)
        else:
            show(file, heard)
    return 1 if failed else 0


def print_error(file: Path, error: ApplianceError, *, as_json: bool) -> None:
    """One file failed; the others go on."""
    if as_json:
        print(json.dumps({"file": str(file), "error": error.message}, ensure_ascii=False), flush=True)
    else:
        print(f"appliance: {error}", file=sys.stderr, flush=True)

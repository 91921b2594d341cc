"""`python -m appliance.web`: the web process; started by the appliance, which tells it its settings."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys

import msgspec

from appliance.errors import ApplianceError
from appliance.web.access.doors import bind
from appliance.web.settings import decode

MAX_SETTINGS_BYTES = 64 * 1024
PR_SET_PDEATHSIG = 1


def main() -> int:
    """The exit status; one line for people when it cannot go on."""
    # An appliance that was killed leaves no web behind that keeps its port and answers for nobody.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        settings = decode(sys.stdin.buffer.read(MAX_SETTINGS_BYTES))
        # A port that is taken is known before anything heavy was loaded: it is tried again and again.
        bound = bind(settings.web.listen, settings.web.port)
        from appliance.web.serving import serve

        asyncio.run(serve(settings, bound))
    except msgspec.DecodeError as error:
        print(f"no settings for the web: {error}")
        return 2
    except ApplianceError as error:
        print(f"{error.message} → {error.hint}" if error.hint else error.message)  # the last line is told
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

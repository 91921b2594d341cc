"""`appliance man`: the manual page, from the same text as `--help`."""

from __future__ import annotations

import argparse
import json

NAME = "man"
HELP = "print the manual page: appliance man > appliance.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Print it, dated as SOURCE_DATE_EPOCH says, or today."""
    import os
    import time

    from appliance import __version__
    from appliance.__main__ import parser
    from appliance.commandline import manual, tree

    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    seconds = int(given) if given.isascii() and given.isdigit() and len(given) < 12 else time.time()
    date = time.strftime("%Y-%m-%d", time.gmtime(seconds))
    text = manual.page(tree.of(parser()), __version__, date)
    if arguments.json:
        print(json.dumps({"page": text}))
    else:
        print(text, end="")
    return 0

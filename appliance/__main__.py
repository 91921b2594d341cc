"""`appliance COMMAND`: arguments → command → exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance import __version__, cli
from appliance.errors import ApplianceError


def parser(only: str = "") -> argparse.ArgumentParser:
    """The whole command line, or that of one command."""
    top = argparse.ArgumentParser(
        prog="appliance", description="A voice appliance for the home that needs no cloud."
    )
    top.add_argument("--version", action="version", version=f"appliance {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in cli.commands(only):
        sub = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        sub.add_argument("--json", action="store_true", help="one JSON object a line")
        sub.add_argument(
            "--config", type=Path, metavar="FILE", help="use this file instead of the two layers"
        )
        command.add_arguments(sub)
        sub.set_defaults(command=command)
    return top


def _json_first(words: list[str]) -> list[str]:
    """`--json` may stand anywhere before `--`, also behind the parts of a command that do not know it."""
    end = words.index("--") if "--" in words else len(words)
    if "--json" not in words[1:end]:
        return words
    kept = [word for word in words[1:end] if word != "--json"]
    return [words[0], "--json", *kept, *words[end:]]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. What a person can mend ends in a sentence, never a traceback."""
    words = _json_first(sys.argv[1:] if argv is None else list(argv))
    arguments = parser(words[0] if words else "").parse_args(words)
    try:
        return int(arguments.command.run(arguments))
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went; a second attempt at exit would complain again.
        sys.stderr.close()
        return 141


if __name__ == "__main__":
    sys.exit(main())

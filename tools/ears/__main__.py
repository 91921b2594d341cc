"""Command line of tools/recogniser, which also makes the environments that it runs in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "appliance" / "ears" / "models" / "en"
TRAINED = ROOT / "build" / "recogniser" / "en"
SHARED = ROOT.parent / "shared"
AUDIO = SHARED / "audio"


def main() -> int:
    """Exit status 1 when there is nothing to work with."""
    parser = argparse.ArgumentParser(prog="tools/recogniser")
    parser.add_argument("--cache", type=Path, required=True, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", required=True)
    _train_arguments(commands.add_parser("train", help="make the model from nothing"))
    _evaluate_arguments(commands.add_parser("evaluate", help="examine a model, or PocketSphinx"))
    _compare_arguments(commands.add_parser("compare", help="four recognisers side by side, as a table"))
    given = parser.parse_args()
    return {"train": _train, "evaluate": _evaluate, "compare": _compare}[given.command](given)


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shards", type=int, default=40, help="of speech, about 40 minutes each (40)")
    parser.add_argument("--width", type=int, default=288, help="channels of each layer (288)")
    parser.add_argument(
        "--rounds",
        type=int,
        nargs="+",
        default=[3000, 13_000],
        metavar="STEPS",
        help="steps of each round (3000 13000)",
    )
    parser.add_argument(
        "--sequences",
        type=int,
        default=5000,
        metavar="STEPS",
        help="steps of the last round, which teaches whole stretches of speech; 0: none (5000)",
    )
    parser.add_argument(
        "--keep-labels", action="store_true", help="do not find the labels anew between two rounds"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2, help="that make speech at a time (2)")
    parser.add_argument("--out", type=Path, default=TRAINED, metavar="FOLDER", help="build/recogniser/en")


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=MODEL, metavar="FOLDER", help="the appliance's own")
    parser.add_argument("--pocketsphinx", action="store_true", help="instead of a model")
    parser.add_argument("--each", type=int, default=20, help="sentences by each voice (20)")
    parser.add_argument("--others", type=int, default=100, help="recordings of other speech (100)")
    parser.add_argument("--show", action="store_true", help="what was heard wrongly")


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, default=MODEL, metavar="FOLDER", help="the appliance's own")
    parser.add_argument("--each", type=int, default=20, help="sentences by each voice (20)")
    parser.add_argument("--others", type=int, default=100, help="recordings of other speech (100)")


def _compare(given: argparse.Namespace) -> int:
    from ears import comparing

    every = comparing.contenders(SHARED / "models", given.model.resolve())
    comparing.compare(every, AUDIO, given.cache, given.each, given.others)
    return 0


def _train(given: argparse.Namespace) -> int:
    from ears.recipe import Recipe, train

    if given.shards < 2 or min(given.rounds) < 1 or given.sequences < 0:
        print("tools/recogniser: two shards and a step at least", file=sys.stderr)
        return 1
    recipe = Recipe(
        shards=given.shards,
        width=given.width,
        rounds=tuple(given.rounds),
        sequences=given.sequences,
        relabels=not given.keep_labels,
        seed=given.seed,
        processes=given.processes,
    )
    train(recipe, given.cache, given.out, _say)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _evaluate(given: argparse.Namespace) -> int:
    import time

    from ears import evaluating, exam

    title = "pocketsphinx" if given.pocketsphinx else given.model.resolve().name
    begun = time.monotonic()
    if given.pocketsphinx:
        recogniser = evaluating.engine("pocketsphinx", None)
    else:
        recogniser = evaluating.engine("vosk", given.model.resolve())
    print(f"{title}: open in {time.monotonic() - begun:.2f} s")
    print(evaluating.HEAD)
    if AUDIO.is_dir():
        evaluating.evaluate(title, recogniser, exam.recorded(AUDIO, given.others), given.show)
    else:
        print(f"{AUDIO} is not there: no recordings of people", file=sys.stderr)
    for rooms in (False, True):
        asked = exam.said_by_machines(given.each, given.cache, rooms)
        evaluating.evaluate(f"{title}, rooms" if rooms else title, recogniser, asked, given.show)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measures what is understood: homes and sentences made by chance, with figures for each category.

`tools/bench-understanding [--homes 24] [--each 3] [--seed 1] [--show 20] [--large 500]`: right, wrong and
none for each category, then the time a sentence takes in a home with so many entities. A deed that was not
asked for, and an answer that says something else, are wrong.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import resource
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import msgspec
from understanding_homes import homes
from understanding_sentences import Case, Sentences

from appliance.home.entities import House
from appliance.understanding.intents import Meaning, Understander
from appliance.understanding.templates import Templates


def main() -> int:
    """Exit status 1 when more than one sentence in 200 goes wrong, or fewer than 95 in 100 right."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--homes", type=int, default=24, help="how many homes")
    parser.add_argument("--each", type=int, default=3, help="how many sentences of a category in a home")
    parser.add_argument("--seed", type=int, default=1, help="another number makes other homes and sentences")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N sentences that went wrong")
    parser.add_argument(
        "--large", type=int, default=500, help="entities of the home that time is measured in"
    )
    given = parser.parse_args()
    templates = Templates("en")
    templates.open()
    counts, shown = judged(templates, given.seed, given.homes, given.each)
    for verdict, case, got in shown[: given.show]:
        print(f"{verdict:5} {case.category:12} {case.text!r} near={case.near!r}")
        print(f"      wanted {case.deeds or case.answer}\n      got    {got}")
    total = report(counts)
    timed(templates, given.seed, given.large)
    right, wrong = total["right"] / total.total(), total["wrong"] / total.total()
    return 0 if right >= 0.95 and wrong <= 0.005 else 1


def judged(
    templates: Templates, seed: int, count: int, each: int
) -> tuple[dict[str, Counter[str]], list[tuple[str, Case, str]]]:
    """Verdicts by category, and what was not right."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    missed = []
    chance = random.Random(seed)
    for raw in homes(seed, count):
        understander = Understander(msgspec.convert(raw, House), templates)
        understander.open()
        for case in Sentences(raw, chance).cases(each):
            meaning = understander.understand(case.text, case.near)
            verdict = judge(case, meaning)
            counts[case.category][verdict] += 1
            if verdict != "right":
                missed.append((verdict, case, f"{done(meaning)} {meaning.answer!r}"))
    missed.sort(key=lambda each: each[0], reverse=True)
    return counts, missed


def done(meaning: Meaning) -> dict[str, tuple[str, dict[str, Any]]]:
    """Service and data by entity."""
    return {entity: (deed.service, dict(deed.data)) for deed in meaning.deeds for entity in deed.entity_id}


def judge(case: Case, meaning: Meaning) -> str:
    """Right, wrong or none."""
    deeds = done(meaning)
    if case.answer:
        if deeds:
            return "wrong"
        if meaning.source == "none":
            return "none"
        text = meaning.answer.lower()
        said = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in case.answer)
        return "right" if said else "wrong"
    if not deeds:
        return "none" if case.deeds else "right"
    if set(deeds) != set(case.deeds):
        return "wrong"
    return "right" if all(deeds[entity] in wanted for entity, wanted in case.deeds.items()) else "wrong"


def report(counts: dict[str, Counter[str]]) -> Counter[str]:
    """One line a category."""
    total: Counter[str] = Counter()
    print(f"{'category':14} {'n':>5} {'right':>7} {'wrong':>7} {'none':>7}")
    for category, verdicts in [*counts.items(), ("all", total)]:
        n = verdicts.total()
        cells = " ".join(f"{100 * verdicts[each] / max(n, 1):6.1f}%" for each in ("right", "wrong", "none"))
        print(f"{category:14} {n:5} {cells}")
        if category != "all":
            total.update(verdicts)
    return total


def timed(templates: Templates, seed: int, entities: int) -> None:
    """Milliseconds a sentence in a large home, and memory."""
    raw = next(iter(homes(seed, 1)))
    sample = list(raw["entities"])
    areas = [
        {"id": f"room_{number}", "name": f"Room {number}", "floor": None, "aliases": []}
        for number in range(40)
    ]
    more = [
        {
            **each,
            "id": f"{each['id']}_{number}",
            "name": f"{each['name']} {number}",
            "area": areas[number % 40]["id"],
        }
        for number in range(entities // len(sample) + 1)
        for each in sample
    ]
    raw = {**raw, "areas": [*raw["areas"], *areas], "entities": [*sample, *more][:entities]}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    understander = Understander(msgspec.convert(raw, House), templates)
    started = time.perf_counter()
    understander.open()
    opened = (time.perf_counter() - started) * 1000
    gc.collect()
    times = []
    for case in Sentences(raw, random.Random(seed)).cases(8):
        started = time.perf_counter()
        understander.understand(case.text, case.near)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{entities} entities: opened in {opened:.0f} ms; a sentence p50 {times[len(times) // 2]:.2f} ms, "
        f"p95 {times[int(len(times) * 0.95)]:.2f} ms, max {times[-1]:.2f} ms; "
        f"process {after / 1024:.0f} MB, {(after - before) / 1024:.1f} MB of it for this home"
    )


if __name__ == "__main__":
    sys.exit(main())

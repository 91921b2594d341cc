"""The language model's turns measured through the real stage; started by tools/bench-llm.

For homes of several sizes: how long a prompt is, how much of it a turn has to read when nothing is known and
when the turn before was about the same home, and how long the first token takes. Then how soon a generation
stops after a cancellation. Without `--model` a model with weights by chance is made, in which a letter is a
token: what it writes means nothing, what it costs is real.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from appliance.config.model import Config  # noqa: E402
from appliance.conversation.conversation import Conversation  # noqa: E402
from appliance.home.entities import Area, Entity, House  # noqa: E402
from appliance.wire import messages  # noqa: E402
from tests.makers.gguf import make_model  # noqa: E402
from tests.stages.child import StageChild  # noqa: E402

ROOMS = ("Kitchen", "Living room", "Bedroom", "Hall", "Bathroom", "Office", "Garage", "Garden")
THINGS = ("ceiling light", "lamp", "fan", "blind", "radio", "heating")
DOMAINS = ("light", "light", "fan", "cover", "media_player", "climate")
SAID = (
    "turn on the kitchen lamp",
    "how warm is the bedroom",
    "close the blind in the office please",
    "is anything on in the hall",
    "good night",
)
WEIGHTS_BY_CHANCE = {"width": 256, "layers": 6, "context": 16_384}


def home(size: int) -> House:
    """So many entities, evenly in the rooms."""
    areas = tuple(Area(name.lower().replace(" ", "_"), name) for name in ROOMS)
    entities = []
    for index in range(size):
        area, kind = areas[index % len(areas)], index // len(areas) % len(THINGS)
        number = index // (len(areas) * len(THINGS))
        rest = f"{area.id}_{THINGS[kind].replace(' ', '_')}" + (f"_{number}" if number else "")
        entities.append(
            Entity(
                f"{DOMAINS[kind]}.{rest}", rest.replace("_", " "), DOMAINS[kind], area=area.id, state="off"
            )
        )
    return House(areas=areas, entities=tuple(entities))


class Bench:
    """A stage, and what it was asked."""

    def __init__(self, model: Path, context_tokens: int, threads: int) -> None:
        self._model = model
        self._threads = threads
        self._context = context_tokens
        self._turn = 0

    def stage(self) -> StageChild:
        """A fresh one, which knows nothing."""
        child = StageChild("llm")
        options: dict[str, messages.OptionValue] = {"context_tokens": self._context, "seed": 1}
        child.send(messages.Configure("llamacpp", options, {"model": str(self._model)}, self._threads))
        child.until(messages.Ready, seconds=300)
        return child

    def turn(self, child: StageChild, conversation: Conversation, text: str) -> messages.Generated:
        """One question and its end."""
        self._turn += 1
        question = conversation.request(self._turn, "local", text, time.monotonic(), "Kitchen")
        return self.ended(child, question)

    def ended(self, child: StageChild, question: messages.Generate) -> messages.Generated:
        """Ask; the end of its generation."""
        child.send(question)
        return child.until(messages.Generated, lambda end: end.turn == question.turn, seconds=600)


def prefill(bench: Bench, sizes: Sequence[int]) -> None:
    """The table of prompts, cold and warm."""
    print(
        "entities  shown  prompt  read cold  read warm (max)  warm/cold  first token cold  read ahead  warm"
    )
    for size in sizes:
        house = home(size)
        config = Config()
        conversation = Conversation(config, lambda house=house: house)  # type: ignore[misc]
        child = bench.stage()
        cold = bench.turn(child, conversation, SAID[0])
        warm = [bench.turn(child, conversation, text) for text in SAID[1:]]
        child.kill()
        child = bench.stage()
        bench.ended(child, conversation.warm(90_000))
        ahead = bench.turn(child, conversation, SAID[0])
        child.kill()
        read = statistics.median(each.prefill_tokens for each in warm)
        most = max(each.prefill_tokens for each in warm)
        first = statistics.median(each.first_token_ms for each in warm)
        shown = conversation.warm().system.partition("Things:")[2].count(".")
        share = f"{read / cold.prefill_tokens:.1%}"
        print(
            f"{size:8}  {shown:5}  {cold.prompt_tokens:6}  {cold.prefill_tokens:9}  {read:9.0f} ({most:5})  "
            f"{share:>15}  {cold.first_token_ms:13.0f} ms  {ahead.first_token_ms:7.0f} ms  {first:5.0f} ms"
        )


def cancelling(bench: Bench, times: int) -> None:
    """From Cancel to the stage's word that it stopped, while it writes and while it reads."""
    child = bench.stage()
    conversation = Conversation(Config(), lambda: home(200))
    print("\ncancelled while  p50      worst")
    turn = 100_000
    for what in ("writing", "reading"):
        took: list[float] = []
        for _ in range(times):
            turn += 1
            system = f"{turn} " + conversation.warm().system if what == "reading" else ""
            grammar = "" if what == "reading" else "root ::= [a-z] root"
            child.send(messages.Generate(turn, system, "hello", grammar, 100_000, 60_000))
            child.until(messages.Token, lambda token, turn=turn: token.turn == turn, seconds=60)
            asked = time.perf_counter()
            child.send(messages.Cancel(turn))
            child.until(messages.Generated, lambda end, turn=turn: end.turn == turn)
            took.append((time.perf_counter() - asked) * 1000)
        print(f"{what:15}  {statistics.median(took):4.1f} ms  {max(took):5.1f} ms")
    child.kill()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="tools/bench-llm", description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, help="a GGUF file; without one, one is made")
    parser.add_argument("--context", type=int, default=0, help="context in tokens")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--entities", type=int, nargs="+", default=[10, 50, 200, 500])
    parser.add_argument("--times", type=int, default=20, help="how often to cancel")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = arguments.model or make_model(Path(folder) / "made.gguf", **WEIGHTS_BY_CHANCE)
        bench = Bench(made, arguments.context or (4_096 if arguments.model else 16_384), arguments.threads)
        prefill(bench, arguments.entities)
        cancelling(bench, arguments.times)
    return 0


if __name__ == "__main__":
    sys.exit(main())

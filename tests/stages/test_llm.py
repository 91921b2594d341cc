from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.config.model import Config
from appliance.conversation.conversation import Conversation
from appliance.engines.loading import library_present
from appliance.stages import llm
from appliance.wire import messages
from tests.conversation.homes import GUARDED, home
from tests.makers.gguf import make_model
from tests.stages.child import StageChild

pytestmark = pytest.mark.skipif(
    not library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm"
)

ENDLESS = "root ::= [a-z] root"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model") / "slow.gguf", width=256, layers=6, context=8_192)


@pytest.fixture
def stage(model: Path) -> Iterator[StageChild]:
    child = StageChild("llm")
    child.send(
        messages.Configure("llamacpp", {"temperature": 0.0, "context_tokens": 8_192}, {"model": str(model)})
    )
    child.until(messages.Ready)
    yield child
    child.kill()


def generate(turn: int, text: str = "hello", grammar: str = ENDLESS, **more: int) -> messages.Generate:
    return messages.Generate(turn, "", text, grammar, **more)


def ended(stage: StageChild, turn: int) -> messages.Generated:
    return stage.until(messages.Generated, lambda message: message.turn == turn)


def test_tokens_and_one_end(stage: StageChild) -> None:
    stage.send(generate(4, max_tokens=30))
    end = ended(stage, 4)
    text = "".join(token.text for token in stage.all(messages.Token))
    assert end.reason == "length"
    assert end.tokens == len(text) == 30
    assert end.prompt_tokens > 3
    assert 0 < end.first_token_ms <= end.ms
    assert {token.turn for token in stage.all(messages.Token)} == {4}
    assert stage.stop() == 0


def test_one_after_the_other(stage: StageChild) -> None:
    stage.send(generate(1, max_tokens=5), generate(2, max_tokens=5))
    ended(stage, 2)
    turns = [
        message.turn for message in stage.seen if isinstance(message, messages.Token | messages.Generated)
    ]
    assert turns == sorted(turns)


def test_a_quick_model_sends_few_messages(stage: StageChild) -> None:
    stage.send(generate(1, max_tokens=600))
    end = ended(stage, 1)
    assert len(stage.all(messages.Token)) <= end.ms / 1000 / llm.TOKEN_INTERVAL_SECONDS + 3


def test_the_deadline(stage: StageChild) -> None:
    stage.send(generate(1, max_tokens=100_000, deadline_ms=300))
    assert ended(stage, 1).reason == "deadline"
    stage.send(generate(2, text="word " * 1_500, deadline_ms=1))
    end = ended(stage, 2)
    assert (end.reason, end.tokens) == ("deadline", 0)


@pytest.mark.parametrize("text", ["hello", "word " * 1_500], ids=["while writing", "while reading"])
def test_a_cancelled_generation_stops_and_says_so(stage: StageChild, text: str) -> None:
    stage.send(generate(1, text=text, max_tokens=100_000, deadline_ms=60_000))
    stage.until(messages.Token)
    stage.send(messages.Cancel(1), generate(2, max_tokens=3))
    assert ended(stage, 1).reason == "cancelled"
    assert ended(stage, 2).reason == "length"
    assert [message.turn for message in stage.all(messages.Generated)] == [1, 2], "each ends once"


def test_a_second_question_pays_only_for_its_own_words(stage: StageChild) -> None:
    system = "You are the voice of a home. " * 40
    for turn, text in ((1, "turn on the lamp"), (2, "is it warm")):
        stage.send(messages.Generate(turn, system, text, max_tokens=2))
    cold, warm = ended(stage, 1), ended(stage, 2)
    assert cold.prefill_tokens == cold.prompt_tokens - 1, "warming knew the first token"
    assert warm.prefill_tokens * 10 <= cold.prefill_tokens
    assert warm.first_token_ms < cold.first_token_ms


def test_a_conversation_about_a_home_through_the_stage(stage: StageChild) -> None:
    """Whatever weights of chance answer is words or an allowed deed; the home is read once."""
    conversation = Conversation(Config(), home)
    stage.send(conversation.warm(90))
    ended(stage, 90)
    ids = {each.id for each in home().entities} - {each.id for each in GUARDED}
    ends = []
    for turn, said in (
        (1, "unlock the front door"),
        (2, "turn on the desk lamp"),
        (3, "how warm is the kitchen"),
    ):
        stage.send(conversation.request(turn, "local", said, float(turn), "Kitchen"))
        ends.append(ended(stage, turn))
        for token in stage.all(messages.Token):
            conversation.take(token.turn, token.text) if token.turn == turn else ""
        outcome = conversation.finish(ends[-1], float(turn))
        assert all(set(deed.entity_id) <= ids for deed in outcome.deeds)
        conversation.spoken(turn, outcome.text, float(turn))
    assert all(end.prefill_tokens * 10 <= end.prompt_tokens for end in ends)


def test_it_looks_up_at_every_token(model: Path) -> None:
    """Text is sent together; a cancellation is seen before the next token all the same."""
    made = llm.LlmStage()
    made.open(messages.Configure("llamacpp", {"temperature": 0.0}, {"model": str(model)}))
    sent = list(made.handle(generate(1, max_tokens=60)))
    made.close()
    assert len(sent) > 60
    assert sent.count(None) > 0


def test_a_cancel_that_comes_late_says_nothing(stage: StageChild) -> None:
    stage.send(generate(1, max_tokens=3))
    ended(stage, 1)
    stage.send(messages.Cancel(1), messages.Ping(5))
    stage.until(messages.Pong)
    assert len(stage.all(messages.Generated)) == 1


def test_a_heartbeat_is_answered_while_it_reads_and_writes(stage: StageChild) -> None:
    stage.send(generate(1, text="word " * 1_500, max_tokens=100_000, deadline_ms=60_000))
    for number in range(1, 4):
        stage.send(messages.Ping(number))
        stage.until(messages.Pong, lambda message, number=number: message.id == number)
    assert not stage.all(messages.Generated)


@pytest.mark.parametrize("grammar", ["root ::= [", "root ::= root"])
def test_an_unsafe_grammar_is_refused_and_the_stage_lives(stage: StageChild, grammar: str) -> None:
    stage.send(generate(1, grammar=grammar), generate(2, max_tokens=3))
    assert ended(stage, 1).reason == "refused"
    assert ended(stage, 2).reason == "length"


@pytest.mark.parametrize(("max_tokens", "deadline_ms"), [(0, 1_000), (-5, 1_000), (3, -5)])
def test_senseless_limits_end_at_once(stage: StageChild, max_tokens: int, deadline_ms: int) -> None:
    stage.send(generate(1, max_tokens=max_tokens, deadline_ms=deadline_ms))
    assert ended(stage, 1).tokens == 0


def test_a_model_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    child = StageChild("llm")
    child.send(messages.Configure("llamacpp", {}, {"model": str(tmp_path / "none.gguf")}))
    failed = child.until(messages.Failed)
    assert failed.missing
    assert failed.hint == "appliance models fetch"
    child.kill()

"""What every stage around one engine does, with a real one."""

from __future__ import annotations

import pytest

from appliance.engines.contract import VadEngine
from appliance.errors import EngineError
from appliance.stages.engine import EngineStage
from appliance.wire.messages import Configure


class Stage(EngineStage[VadEngine]):
    kind = "vad"


def test_an_engine_is_reached_only_when_it_is_open() -> None:
    with pytest.raises(EngineError, match="vad stage is not open"):
        _ = Stage().engine


def test_closing_what_was_never_opened_is_nothing() -> None:
    Stage().close()


def test_an_unknown_engine_is_named_with_the_nearest() -> None:
    with pytest.raises(EngineError, match="there is no engine 'silera'") as raised:
        Stage().open(Configure("silera"))
    assert "silero" in raised.value.hint

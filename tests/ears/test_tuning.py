from __future__ import annotations

from pathlib import Path

import pytest

from appliance.ears.tuning import Tuning, read_tuning, stricter
from appliance.errors import EngineError


def written(folder: Path, content: str) -> Path:
    (folder / "conf").mkdir()
    (folder / "conf" / "graph.json").write_text(content)
    return folder


def test_a_model_may_bring_its_own_costs(tmp_path: Path) -> None:
    tuning = read_tuning(written(tmp_path, '{"foreign_phone": 3.5, "min_confidence": 0.8}'))
    assert (tuning.foreign_phone, tuning.min_confidence, tuning.pause) == (3.5, 0.8, Tuning().pause)


def test_the_usual_costs_without(tmp_path: Path) -> None:
    assert read_tuning(tmp_path) == Tuning()


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"foreign_fone": 1}', '{"foreign": -1}', '{"foreign": 1e9}', '{"min_confidence": 2}'],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(EngineError, match=r"graph\.json"):
        read_tuning(written(tmp_path, content))


def test_a_stricter_one_takes_more_for_foreign() -> None:
    plain, strict = Tuning(), stricter(Tuning(), 2.0)
    assert (strict.foreign, strict.foreign_phone) == (plain.foreign / 2, plain.foreign_phone / 2)
    assert strict.enter == plain.enter

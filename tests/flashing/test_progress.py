"""Sizes for people, and progress where there is no terminal."""

from __future__ import annotations

import pytest

from tools.flashing import progress


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (31_914_983_424, "31.9 GB"), (2 * 10**12, "2.0 TB")],
)
def test_sizes_are_those_printed_on_cards(count: int, said: str) -> None:
    assert progress.size(count) == said


def test_a_step_ends_with_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.step("Write", 3_000_000) as advance:
        advance(3_000_000)
    assert capsys.readouterr().err.startswith("✓ Write: 3.0 MB in 0 s, ")


def test_a_step_that_fails_says_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError), progress.step("Write", 1):
        raise RuntimeError
    assert "✓" not in capsys.readouterr().err

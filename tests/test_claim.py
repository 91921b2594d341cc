"""One appliance a data directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from appliance.claim import claim
from appliance.errors import ControlError

HOLD = (
    "import sys; from pathlib import Path; from appliance.claim import claim\n"
    "with claim(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_held_once_and_free_again(tmp_path: Path) -> None:
    with claim(tmp_path):
        with pytest.raises(ControlError, match=f"already runs with the data directory {tmp_path}") as refused:
            claim(tmp_path).__enter__()
        assert "paths.data" in refused.value.hint
        with claim(tmp_path / "another"):
            pass
    with claim(tmp_path):
        pass


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ControlError, match="already runs"):
            claim(tmp_path).__enter__()
        holder.kill()
    with claim(tmp_path):
        pass


@pytest.mark.parametrize("way", ["data", "run", "lock"])
def test_something_in_the_way_is_a_sentence(tmp_path: Path, way: str) -> None:
    data = tmp_path / "data"
    obstacle = {"data": data, "run": data / "run", "lock": data / "run" / "lock"}[way]
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    if way == "lock":
        obstacle.symlink_to(tmp_path / "elsewhere")
    else:
        obstacle.write_text("a file")
    with pytest.raises(ControlError, match="cannot be written") as refused:
        claim(data).__enter__()
    assert refused.value.hint
    assert not (tmp_path / "elsewhere").exists(), "no link is followed"

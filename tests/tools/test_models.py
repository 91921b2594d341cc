"""Where a run writes, and when its models need no second look."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import load
from tests.tools.conftest import Shell


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "{home}/.local/share/appliance"),
        ({"XDG_DATA_HOME": "{home}/data"}, "{home}/data/appliance"),
        ({"APPLIANCE__PATHS__DATA": "{home}/chosen"}, "{home}/chosen"),
    ],
)
def test_the_data_folder(variables: dict[str, str], folder: str, shell: Shell, tmp_path: Path) -> None:
    given = {name: value.format(home=tmp_path) for name, value in variables.items()}
    done = shell("use_data_folder; echo $APPLIANCE__PATHS__DATA", **given)
    assert done.stdout.strip() == folder.format(home=tmp_path)
    assert Path(done.stdout.strip()).is_dir()


def test_a_data_folder_that_cannot_be_made_is_named(shell: Shell) -> None:
    done = shell("use_data_folder", APPLIANCE__PATHS__DATA="/proc/nowhere")
    assert done.returncode == 1
    assert "/proc/nowhere cannot be written" in done.stderr


STAMPED = """
    cd $HOME; use_data_folder
    mkdir -p $APPLIANCE__PATHS__DATA/models/one; touch $APPLIANCE__PATHS__DATA/models/one/file
    models_stamp >$APPLIANCE__PATHS__DATA/.models-fetched
    {change}
    if models_stamp_holds; then echo holds; else echo 'look again'; fi
"""


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("", "holds"),
        ("rm $APPLIANCE__PATHS__DATA/models/one/file", "look again"),
        ("rm -r $APPLIANCE__PATHS__DATA/models", "look again"),
        ("rm $APPLIANCE__PATHS__DATA/.models-fetched", "look again"),
        ("echo '[wake]' >$APPLIANCE__PATHS__DATA/appliance.toml", "look again"),
        ("export APPLIANCE__WAKE__ENGINE=microwakeword", "look again"),
        ("mkdir etc; echo another >etc/models.toml; ROOT=$PWD", "look again"),
    ],
)
def test_a_removed_model_is_looked_for_again(change: str, answer: str, shell: Shell) -> None:
    assert shell(STAMPED.format(change=change)).stdout == f"{answer}\n"


def test_the_environment_remembers_the_data_folder(shell: Shell, tmp_path: Path) -> None:
    folder = f"{tmp_path}/my models"
    shell(f"VENV={tmp_path}; use_data_folder; remember_data_folder", APPLIANCE__PATHS__DATA=folder)
    assert load.read_toml(tmp_path / "appliance.toml") == {"paths": {"data": folder}}

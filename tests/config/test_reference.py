"""The reference page and the template are what the model says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from appliance.config import profiles, reference, schema
from appliance.config.load import load, parse_toml
from appliance.config.model import Config

ROOT = Path(__file__).resolve().parents[2]
SMALL = profiles.Machine(2, 4_000, "x86_64")
"""The defaults are those of its profile."""
FILES = [
    (ROOT / "docs" / "configuration.md", reference.page, "appliance config docs > docs/configuration.md"),
    (
        ROOT / "etc" / "appliance" / "appliance.toml",
        reference.template,
        "appliance config docs --template > etc/appliance/appliance.toml",
    ),
]


@pytest.mark.parametrize(("path", "made", "command"), FILES, ids=["page", "template"])
def test_the_file_is_up_to_date(path: Path, made: object, command: str) -> None:
    assert callable(made)
    assert path.read_text(encoding="utf-8") == made(), f"run: {command}"


def test_every_key_is_on_the_page_with_its_default() -> None:
    page = reference.page()
    for leaf in schema.leaves().values():
        assert re.search(rf"^\| `{leaf.path[-1]}` \|", page, re.MULTILINE), leaf.key
    assert "| `port` | a whole number from 1 to 65535 | `1883` |" in page


def test_docstrings_are_read_from_below_their_field() -> None:
    texts = reference.descriptions()
    assert texts["Paths"]["data"].startswith("Models fetched")
    assert texts["Paths"][""].startswith("Where things lie")


def test_the_template_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "appliance.toml"
    file.write_text(reference.template())
    assert load(file, {}, machine=SMALL).config == Config()


def test_every_setting_of_the_template_is_valid_and_the_default(tmp_path: Path) -> None:
    switched_on = re.sub(r"^#(?! )", "", reference.template(), flags=re.MULTILINE)
    document = parse_toml(switched_on.encode(), "template")
    assert set(document) >= {"language", "paths", "mqtt", "limits"}
    file = tmp_path / "appliance.toml"
    file.write_text(switched_on)
    loaded = load(file, {}, machine=SMALL)
    assert loaded.config == Config()
    from_file = {key for key, origin in loaded.origins.items() if origin.kind == "file"}
    assert from_file == {leaf.key for leaf in schema.leaves().values() if not leaf.open}

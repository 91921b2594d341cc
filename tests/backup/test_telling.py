"""What is said aloud about what was damaged."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.backup.catalogue import ITEMS
from appliance.backup.telling import NAMES, words

WHEN = datetime(2026, 3, 21, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "when", "said"),
    [
        ("en", WHEN, "My file about timers was damaged. I use the backup of March 21 instead."),
        ("de-AT", WHEN, "Meine Datei über die Wecker war beschädigt. Ich nehme die Sicherung vom 21. März."),
        ("fr", WHEN, "My file about timers was damaged. I use the backup of March 21 instead."),
        (
            "en",
            None,
            "My file about timers was damaged, and there is no backup of it. It is empty now.",
        ),
    ],
)
def test_one(language: str, when: datetime | None, said: str) -> None:
    assert words([("timers.sqlite", when)], language, UTC) == said


def test_several_and_none() -> None:
    both = words([("timers.sqlite", WHEN), ("judgement/people.db", None)], "en", UTC)
    assert both.count("damaged") == 2
    assert words([], "en") == ""


def test_every_database_has_a_name() -> None:
    databases = {item.path for item in ITEMS if item.kind == "database"}
    assert {language: set(names) for language, names in NAMES.items()} == dict.fromkeys(NAMES, databases)

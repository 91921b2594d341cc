"""Languages are loaded once, whole, or refused."""

from __future__ import annotations

import pytest

from appliance.errors import UnderstandingError
from appliance.understanding.templates import Templates


def test_templates_bring_sentences_and_responses():
    templates = Templates("fr_FR")
    templates.open()
    assert templates.language == "fr"
    assert "HassTurnOn" in templates.intents.intents
    assert templates.replies.render("HassTurnOn", "default", {})


def test_an_unknown_language_is_refused_with_the_nearest():
    with pytest.raises(UnderstandingError) as raised:
        Templates("dee").open()
    assert "de" in raised.value.hint

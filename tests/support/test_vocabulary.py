"""Which words the program can say by itself."""

from __future__ import annotations

from appliance.support import vocabulary


def test_texts_and_names_but_no_documentation() -> None:
    source = '''
"""Module documentation."""
SAID = "alpha %s"
class Bravo:
    """Class notes."""
    def charlie(self, delta):
        """Function notes."""
        LOG.warning("echo %s is foxtrot", delta)  # golf
        return f"hotel {delta} india"
'''
    found = vocabulary.of_source(source)
    assert {"alpha", "Bravo", "charlie", "delta", "echo", "foxtrot", "hotel", "india"} <= found
    assert not {"Module", "Class", "Function", "notes", "golf"} & found


def test_it_knows_its_own_messages_and_not_the_words_of_a_home() -> None:
    words = vocabulary.words()
    assert {"appliance", "stage", "supervisor", "mosquitto", "conductor"} <= words
    assert not {"Schlafzimmer", "Wohnzimmer", "Anna", "Badezimmer"} & words

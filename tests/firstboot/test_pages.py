from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import pages
from appliance.firstboot.nmcli import Seen


class Reader(HTMLParser):
    """Every element that a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.values: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        if tag == "option":
            self.values += [value or "" for name, value in attrs if name == "value"]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@given(st.lists(st.text(min_size=1, max_size=32), max_size=5, unique=True), st.text(max_size=80))
def test_no_name_and_no_trouble_adds_an_element(names: list[str], trouble: str) -> None:
    found = read(pages.form("n", "en", [Seen(name, 50, True) for name in names], "t", trouble=trouble))
    assert found.elements.count("option") == len(names)
    assert not {"script", "img", "iframe", "a", "link", "object"} & set(found.elements)
    assert found.elements.count("input") == 4
    assert found.elements.count("p") == 1 + bool(trouble) + (not names)


def test_without_networks_the_name_is_asked_for() -> None:
    page = pages.form("appliance-k3m7", "de", [], "t")
    assert "Ich sehe kein WLAN" in page
    assert "appliance-k3m7 einrichten" in page


def test_both_languages_have_the_same_words() -> None:
    assert set(pages.WORDS["en"]) == set(pages.WORDS["de"])
    assert pages.words("de-CH") is pages.WORDS["de"]
    assert pages.words("fr") is pages.WORDS["en"]


def test_the_last_page_tells_where_it_will_be() -> None:
    assert "appliance-k3m7.local" in pages.trying("appliance-k3m7", "en")

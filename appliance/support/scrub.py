"""Takes out of texts whatever belongs to a home: secrets, names, addresses, words. Pure.

Two walls, one behind the other. What is known to be private is replaced wherever it stands; of the rest only
words of the program's own vocabulary stay, and short numbers. The second wall needs to know nothing of what
it stops.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from appliance.observe.logs import clean

GONE = "…"
MAX_TEXT = 600
MAX_DEPTH = 12
MAX_ENTRIES = 500
LONGEST_NUMBER = 3
"""Digits; a longer number may be a PIN, a year or a telephone."""
LEAST_SECRET = 3
PEM = re.compile(r"-----BEGIN [^-]{1,60}-----.*?(?:-----END [^-]{1,60}-----|\Z)", re.DOTALL)
MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*")
MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:%\w+)?(?![\w:])")
OWN = frozenset({"127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - shown, not listened on
MARK, END = "\0", "\1"
"""Around what is shown as it is; `clean` leaves no such character in a text."""
TOKEN = re.compile(r"\x00\d+\x01|[^\W_](?:[\w.-]*\w)?|_+|[^\x00-\x7f]+")
PART = re.compile(r"[^\W_]+")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")
DURATION = re.compile(r"\d{1,3}(?:\.\d{1,3})?(?:ms|s|m|h|d|MB|KB|GB|%)?")
MARKED = re.compile(f"{MARK}(\\d+){END}")


class Scrubber:
    """One a bundle: the same address is the same pseudonym in all of it."""

    def __init__(
        self,
        vocabulary: Collection[str],
        secrets: Iterable[str] = (),
        people: Iterable[str] = (),
        hosts: Iterable[str] = (),
    ) -> None:
        self._vocabulary = vocabulary
        self._shown: list[str] = []
        self._pseudonyms: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._secrets = _pattern(secrets)
        self._people = _pattern(people)
        self._hosts = _pattern(host for host in hosts if host not in {*OWN, "localhost", "embedded"})

    def text(self, given: str) -> str:
        """The same text with what is the program's own in it, on one line."""
        text = given[: 4 * MAX_TEXT]
        self._shown = []
        text = clean(PEM.sub(GONE, text), MAX_TEXT)
        text = self._replaced(text, self._secrets, "")
        text = self._replaced(text, self._people, "person")
        text = self._replaced(text, self._hosts, "host")
        text = MAIL.sub(lambda found: self._mark(self._pseudonym("mail", found[0])), text)
        for pattern in (MAC, IPV6, IPV4):
            text = pattern.sub(lambda found: self._mark(self._address(found[0])), text)
        text = TOKEN.sub(lambda found: self._token(found[0]), text)
        return MARKED.sub(lambda found: self._shown[int(found[1])], text)

    def tree(self, given: object, depth: int = 0) -> object:
        """A JSON value with every text in it scrubbed, names of keys too; numbers stay."""
        if given is None or isinstance(given, bool | int | float):
            return given
        if isinstance(given, str):
            return self.text(given)
        if depth >= MAX_DEPTH:
            return GONE
        if isinstance(given, dict):
            pairs = list(given.items())[:MAX_ENTRIES]
            kept: dict[str, object] = {}
            for name, value in pairs:
                shown = self.text(str(name))
                kept[shown if shown not in kept else f"{shown} {len(kept)}"] = self.tree(value, depth + 1)
            return kept
        if isinstance(given, list | tuple):
            return [self.tree(each, depth + 1) for each in given[:MAX_ENTRIES]]
        return GONE

    def _replaced(self, text: str, pattern: re.Pattern[str] | None, kind: str) -> str:
        if pattern is None:
            return text
        return pattern.sub(lambda found: self._mark(self._pseudonym(kind, found[0]) if kind else GONE), text)

    def _mark(self, shown: str) -> str:
        self._shown.append(shown)
        return f"{MARK}{len(self._shown) - 1}{END}"

    def _address(self, text: str) -> str:
        return text if text in OWN else self._pseudonym("address", text)

    def _pseudonym(self, kind: str, text: str) -> str:
        key = (kind, text.casefold())
        if key not in self._pseudonyms:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._pseudonyms[key] = f"{kind}-{self._counts[kind]}"
        return self._pseudonyms[key]

    def _token(self, token: str) -> str:
        if token.startswith(MARK) or DURATION.fullmatch(token):
            return token
        parts = PART.findall(token)
        if token.isascii() and all(map(self._is_own, parts)):
            return token
        return self._pseudonym("host", token) if HOST.fullmatch(token) else GONE

    def _is_own(self, part: str) -> bool:
        if part.isdigit():
            return len(part) <= LONGEST_NUMBER
        word = part.rstrip("0123456789")
        number = part[len(word) :]
        return len(number) <= LONGEST_NUMBER and word in self._vocabulary


def _pattern(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these, the longest first, whatever the case; short ones only as whole words."""
    known = sorted({text.strip() for text in texts if text.strip()}, key=lambda text: (-len(text), text))
    if not known:
        return None
    forms = [
        re.escape(text) if len(text) > LEAST_SECRET else rf"(?<!\w){re.escape(text)}(?!\w)" for text in known
    ]
    return re.compile("|".join(forms), re.IGNORECASE)

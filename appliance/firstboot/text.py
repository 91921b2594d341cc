"""Text files as people make them on any computer: byte order marks, UTF-16, Windows' line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from appliance.firstboot.errors import Fault

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(content: bytes) -> str:
    """The text with plain line ends. Raises Fault for what is no text."""
    encoding, body = "utf-8", content
    for mark, name in MARKS:
        if content.startswith(mark):
            encoding, body = name, content[len(mark) :]
            break
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise Fault("this is no text in UTF-8", "save it as plain text in UTF-8", line) from error
    if "\0" in text:
        raise Fault("this is no text: it holds zero bytes", "save it as plain text in UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Lines with something in them and without comments, each with its number from 1."""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped

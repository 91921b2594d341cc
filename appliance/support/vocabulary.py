"""The words that the program itself can say: whatever else stands in a message came from a home.

They are read from its own source: the texts in it, and the names of its modules, classes and functions.
Tables of what people say, and of what is said to them, are left out: those are the words of a home.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import appliance

WORD = re.compile(r"[A-Za-z]+")
PEOPLES_WORDS = (
    *("understanding", "conversation", "judgement/words", "judgement/wording", "firstboot/phrases"),
    *(
        "dialogue/fillers",
        "selftest/sentences",
        "demonstration",
        "backup/telling",
        "timers",
        "home/simulated",
    ),
    *("web/sayings", "web/static", "show", "calls", "engines/tts"),
)


@cache
def words() -> frozenset[str]:
    """All of them, as they are written."""
    top = Path(appliance.__file__).parent
    found: set[str] = set()
    for path in top.rglob("*.py"):
        name = path.relative_to(top).as_posix()
        if not name.startswith(PEOPLES_WORDS):
            found.update(WORD.findall(name.removesuffix(".py")), of_source(path.read_text(encoding="utf-8")))
    return frozenset(found)


def of_source(text: str) -> set[str]:
    """Words of the texts of a module, without its documentation, and the names that it defines."""
    found: set[str] = set()
    for said in _said(ast.parse(text)):
        found.update(WORD.findall(said))
    return found


def _said(tree: ast.Module) -> Iterator[str]:
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in documentation:
                yield text
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case _:
                pass

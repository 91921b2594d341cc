"""A model's chat template as parts: markup of the model, and the places of what people say.

The template is rendered once with marks in place of the words, and cut at the marks. Words are tokenised
apart from markup, so nobody can say `<|im_end|>` and have the model take it for the end of their turn.
"""

from __future__ import annotations

import re
import time
from typing import Literal

import msgspec

MAX_TEMPLATE_CHARS = 64 * 1024

_GENERATION_TAG = re.compile(r"\{%[-+]?\s*(?:end)?generation\s*[-+]?%\}")
"""Marks for training that Jinja itself does not know."""
_SYSTEM_MARK = "\ue000system\ue001"
_TEXT_MARK = "\ue000text\ue001"


class Part(msgspec.Struct, frozen=True):
    """A stretch of a prompt."""

    kind: Literal["markup", "system", "text"]
    markup: str = ""


class Template(msgspec.Struct, frozen=True):
    """Parts with and without a system message; `own` is False when the model brings no usable template."""

    with_system: tuple[Part, ...]
    without_system: tuple[Part, ...]
    own: bool

    def parts(self, system: str) -> tuple[Part, ...]:
        """The parts for this system message."""
        return self.with_system if system else self.without_system


PLAIN = Template(
    with_system=(Part("system"), Part("markup", "\n\n"), Part("text"), Part("markup", "\n")),
    without_system=(Part("text"), Part("markup", "\n")),
    own=False,
)
"""For a model that was never taught to chat."""


def read(source: str, begin: str, end: str) -> Template:
    """The parts of a model's Jinja template; `PLAIN` when it is absent, broken, or hides what was said.

    `begin` and `end` are the texts of the model's first and last token.
    """
    if not source or len(source) > MAX_TEMPLATE_CHARS:
        return PLAIN
    alone = _cut(_render(source, begin, end, [_message("user", _TEXT_MARK)]), (_TEXT_MARK,))
    if not alone:
        return PLAIN
    both = [_message("system", _SYSTEM_MARK), _message("user", _TEXT_MARK)]
    together = _cut(_render(source, begin, end, both), (_SYSTEM_MARK, _TEXT_MARK))
    return Template(together or _system_inside(alone), alone, own=True)


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _render(source: str, begin: str, end: str, conversation: list[dict[str, str]]) -> str:
    """The rendered text, "" when the template does not work with this conversation."""
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    values = {
        "messages": conversation, "bos_token": begin, "eos_token": end, "add_generation_prompt": True,
        "raise_exception": _refuse, "strftime_now": time.strftime,
    }  # fmt: skip
    # A template is a small program that came with a file: it may fail in any ordinary way.
    broken = (
        TemplateError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    )
    try:
        return environment.from_string(_GENERATION_TAG.sub("", source)).render(values)
    except broken:
        return ""


def _refuse(reason: str) -> None:
    """What templates call when they cannot express a conversation."""
    raise ValueError(reason)


def _cut(rendered: str, marks: tuple[str, ...]) -> tuple[Part, ...]:
    """Parts of a rendered template; empty unless each mark stands in it exactly once."""
    if any(rendered.count(mark) != 1 for mark in marks):
        return ()
    parts: list[Part] = []
    rest = rendered
    for mark in sorted(marks, key=rendered.index):
        before, _, rest = rest.partition(mark)
        parts += [Part("markup", before), Part("system" if mark == _SYSTEM_MARK else "text")]
    return tuple(part for part in (*parts, Part("markup", rest)) if part.markup or part.kind != "markup")


def _system_inside(alone: tuple[Part, ...]) -> tuple[Part, ...]:
    """For a template that refuses a system message: put it before the words of the user."""
    text = alone.index(Part("text"))
    return (*alone[:text], Part("system"), Part("markup", "\n\n"), *alone[text:])

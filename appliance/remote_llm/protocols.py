"""What two protocols say about one generation: requests as JSON, and pieces out of the lines that come. Pure.

openai: POST …/chat/completions, server-sent events, each `data: {…}`, the last `data: [DONE]`.
ollama: POST …/api/chat, one JSON object a line, the last with `"done": true`.
Unknown fields are ignored; what does not fit the known ones is an error.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from appliance.remote_llm.options import Server
from appliance.wire.messages import Generate

MAX_PIECE_CHARS = 16_000
Reason = Literal["stop", "length"]


class BadAnswer(Exception):
    """The server said what the protocol does not know, or that it failed; `str()` is a short sentence."""


class Piece(msgspec.Struct, frozen=True):
    """What one line told."""

    text: str = ""
    reason: Reason | None = None
    last: bool = False
    prompt_tokens: int | None = None
    tokens: int | None = None
    prefill_tokens: int | None = None


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Details(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Event(msgspec.Struct, frozen=True):
    choices: list[_Choice] = []
    usage: _Usage | None = None
    error: Any = None


class _Line(msgspec.Struct, frozen=True):
    message: _Delta = _Delta()
    done: bool = False
    done_reason: str | None = None
    prompt_eval_count: int | None = None
    eval_count: int | None = None
    error: Any = None


_event = msgspec.json.Decoder(_Event)
_line = msgspec.json.Decoder(_Line)
PATHS = {"openai": "/chat/completions", "ollama": "/api/chat"}
PROBES = {"openai": "/models", "ollama": "/api/tags"}


def request(server: Server, question: Generate) -> bytes:
    """The body of one question."""
    spoken = {"system": question.system, "user": question.text}
    body: dict[str, Any] = {
        "model": server.model,
        "messages": [{"role": role, "content": text} for role, text in spoken.items() if text],
        "stream": True,
    }
    if server.protocol == "ollama":
        body["options"] = {"num_predict": question.max_tokens}
    else:
        body |= {"max_tokens": question.max_tokens, "stream_options": {"include_usage": True}}
        if server.options.grammar and question.grammar:
            body["grammar"] = question.grammar
    return msgspec.json.encode(body)


def piece(protocol: str, line: bytes) -> Piece | None:
    """What a line tells; None for nothing. Raises BadAnswer."""
    try:
        found = _from_ollama(line) if protocol == "ollama" else _from_openai(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer("it does not speak the protocol") from error
    if found is not None and len(found.text) > MAX_PIECE_CHARS:
        raise BadAnswer("it sends too much at once")
    return found


def _from_openai(line: bytes) -> Piece | None:
    name, _, data = line.partition(b":")
    data = data.strip()
    if name != b"data" or not data:
        return None  # comments, names of events, empty lines between them
    if data == b"[DONE]":
        return Piece(last=True)
    event = _event.decode(data)
    if event.error is not None:
        raise BadAnswer("it reports an error")
    choice = event.choices[0] if event.choices else _Choice()
    usage = event.usage or _Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    read = _count(usage.prompt_tokens)
    return Piece(
        choice.delta.content or "",
        _reason(choice.finish_reason),
        prompt_tokens=read,
        tokens=_count(usage.completion_tokens),
        prefill_tokens=None if read is None else _count(max(0, read - (cached or 0))),
    )


def _from_ollama(line: bytes) -> Piece | None:
    if not line.strip():
        return None
    told = _line.decode(line)
    if told.error is not None:
        raise BadAnswer("it reports an error")
    read = _count(told.prompt_eval_count)
    reason = _reason(told.done_reason or "stop") if told.done else None
    return Piece(told.message.content or "", reason, told.done, read, _count(told.eval_count), read)


def _reason(told: str | None) -> Reason | None:
    if told is None:
        return None
    return "length" if told == "length" else "stop"


def _count(told: int | None) -> int | None:
    """A number of tokens that can be true."""
    return told if told is not None and 0 <= told <= 10_000_000 else None

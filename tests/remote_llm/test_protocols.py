from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.remote_llm.options import Options, Server
from appliance.remote_llm.protocols import BadAnswer, Piece, piece, request
from appliance.wire.messages import Generate

QUESTION = Generate(1, "You are kind.", "hello", "root ::= x", 50)


def server(protocol: str, **more: bool) -> Server:
    return Server(protocol, "nas", 80, "", False, "small", "", Options(**more))  # type: ignore[arg-type]


def test_requests() -> None:
    spoken = [{"role": "system", "content": "You are kind."}, {"role": "user", "content": "hello"}]
    assert json.loads(request(server("openai"), QUESTION)) == {
        "model": "small",
        "messages": spoken,
        "stream": True,
        "max_tokens": 50,
        "stream_options": {"include_usage": True},
    }
    assert json.loads(request(server("openai", grammar=True), QUESTION))["grammar"] == "root ::= x"
    assert json.loads(request(server("ollama"), QUESTION)) == {
        "model": "small",
        "messages": spoken,
        "stream": True,
        "options": {"num_predict": 50},
    }
    without = msgspec.structs.replace(QUESTION, system="")
    assert json.loads(request(server("ollama"), without))["messages"] == spoken[1:]


@pytest.mark.parametrize(
    ("protocol", "line", "found"),
    [
        ("openai", b"", None),
        ("openai", b": keep-alive", None),
        ("openai", b"event: message", None),
        ("openai", b"data:", None),
        ("openai", b"data: [DONE]", Piece(last=True)),
        ("openai", b'data: {"choices":[{"delta":{"content":"hi"}}]}', Piece("hi")),
        (
            "openai",
            b'data: {"choices":[{"delta":{"content":null},"finish_reason":"stop"}]}',
            Piece("", "stop"),
        ),
        ("openai", b'data: {"choices":[{"delta":{},"finish_reason":"length"}],"x":[1]}', Piece("", "length")),
        ("openai", b'data: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}', Piece("", "stop")),
        (
            "openai",
            b'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}',
            Piece(prompt_tokens=9, tokens=2, prefill_tokens=9),
        ),
        ("openai", b'data: {"usage":{"prompt_tokens":-9,"completion_tokens":99999999999}}', Piece()),
        ("ollama", b"", None),
        ("ollama", b'{"message":{"content":"hi"},"done":false}', Piece("hi")),
        (
            "ollama",
            b'{"done":true,"done_reason":"length","prompt_eval_count":4,"eval_count":2}',
            Piece("", "length", True, 4, 2, 4),
        ),
        ("ollama", b'{"done":true}', Piece("", "stop", True)),
    ],
)
def test_lines(protocol: str, line: bytes, found: Piece | None) -> None:
    assert piece(protocol, line) == found


@pytest.mark.parametrize(
    ("protocol", "line"),
    [
        ("openai", b"data: {"),
        ("openai", b'data: {"choices":5}'),
        ("openai", b'data: {"choices":[{"delta":{"content":[1]}}]}'),
        ("openai", b'data: {"error":{"message":"secret words"}}'),
        ("openai", b"data: " + b"[" * 60_000),
        ("openai", b'data: "\xff"'),
        ("openai", b'data: {"choices":[{"delta":{"content":"' + b"x" * 20_000 + b'"}}]}'),
        ("ollama", b"<html>"),
        ("ollama", b'{"error":"no such model"}'),
        ("ollama", b'{"message":{"content":7}}'),
    ],
)
def test_what_is_no_answer_is_refused_without_quoting_it(protocol: str, line: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        piece(protocol, line)
    assert len(str(caught.value)) < 60
    assert "secret" not in str(caught.value)


@given(st.sampled_from(["openai", "ollama"]), st.binary(max_size=80))
def test_any_bytes_are_a_piece_nothing_or_refused(protocol: str, line: bytes) -> None:
    for each in (line, b"data: " + line):
        try:
            found = piece(protocol, each)
        except BadAnswer:
            continue
        assert found is None or isinstance(found, Piece)

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.engines import gbnf
from appliance.engines.loading import library_present
from appliance.errors import EngineError
from tests.makers.gguf import make_model

SAFE = [
    'root ::= "a"',
    'root ::= "yes" | "no" # comment',
    "root ::= [^\\n-x] . x?\nx ::= [a-z0-9-]{2,} # c\n",
    'root ::= "é\\u00e9\\U0001F600"\r\n\r\nx ::= "1" | "2" |\n "3"',
    'root ::= (\n "a"\n | "b"\n)+\n',
    "root ::= ",
    'root ::= "" | "a"',
    'root ::= item ("," item)*\nitem ::= "\\"" [^"\\\\]* "\\""',
    'root ::= "a"{3} "b"{0,4} "c"{2,}',
    'root ::= "a" root | "b"',
    'root ::= ("a"? "b"?){0,3} "c"',
    'a-1 ::= "x"\nroot ::= a-1 A\nA ::= "y"',
]
UNSAFE = {
    "": "no rule 'root'",
    'x ::= "a"': "no rule 'root'",
    "root": "'::=' was expected",
    "root ::= x": "no rule 'x'",
    'root ::= "a': "line ends",
    'root ::= "a\nb"': "line ends",
    "root ::= [a": "line ends",
    "root ::= []": "empty class",
    "root ::= [^]": "empty class",
    "root ::= [z-a]": "runs backwards",
    'root ::= "\\x00"': "not a character",
    'root ::= "\\uD800"': "not a character",
    'root ::= "\\UFFFFFFFF"': "not a character",
    'root ::= "\\q"': "an escape is",
    'root ::= "\\x4"': "an escape is",
    'root ::= "a"{3,2}': "3 to 2",
    'root ::= "a"{99999}': "a repetition is",
    'root ::= "a"{0,9999}': "0 to 9999",
    'root ::= "a"{0}': "0 to 0",
    'root ::= "a"{,3}': "a repetition is",
    "root ::= *": "repetition of nothing",
    'root ::= "a"**': "or of a repetition",
    'root ::= ""*': "empty text",
    "root ::= <[3]>": "tokens",
    "root ::= !<think>": "tokens",
    'root ::= ("a"': "')' was expected",
    'root ::= "a")': "unexpected ')'",
    'root ::= "a"\nroot ::= "b"': "twice",
    'root ::= root "a" | "b"': "left recursion",
    'root ::= a\na ::= b a "x" | "c"\nb ::= c\nc ::= ""': "left recursion",
    'root ::= (root)? "a"': "left recursion",
    'root ::= ("a"?)*': "may be empty",
    'root ::= x+\nx ::= y\ny ::= "a" | ': "may be empty",
    "root ::= " + "(" * 5_000 + '"a"' + ")" * 5_000: "nested",
    'root ::= (((("a"{400}){400}){400}){400})': "too many rules",
    "\n".join(["root ::= r0", *(f"r{i} ::= r{i + 1} | r{i + 1}" for i in range(60)), 'r60 ::= "a"']): "ways",
    'root ::= "' + "a" * 30_000 + '"': "written out",
    'root ::= "' + "a" * 70_000 + '"': "bytes",
    "".join(f'r{i} ::= "a"\n' for i in range(501)): "rules",
    'root ::= "\ud800"': "Unicode",
    'root ::= "a\0b"': "line ends",
}


@pytest.mark.parametrize("text", SAFE)
def test_safe_grammars_pass(text: str) -> None:
    gbnf.check(text)


@pytest.mark.parametrize(("text", "reason"), UNSAFE.items(), ids=lambda value: ascii(value[:30]))
def test_unsafe_grammars_are_refused(text: str, reason: str) -> None:
    with pytest.raises(EngineError) as caught:
        gbnf.check(text)
    assert reason in caught.value.message


def test_the_line_is_named() -> None:
    with pytest.raises(EngineError, match="line 3"):
        gbnf.check('root ::= x\nx ::= "a"\ny ::= [')


PIECES = st.sampled_from(
    [
        '"a"',
        '"é"',
        "[a-c]",
        "[^x]",
        ".",
        "x",
        "y",
        "root",
        "(",
        ")",
        "*",
        "+",
        "?",
        "{2}",
        "{1,3}",
        "{0,}",
        "{",
        "}",
        "\n",
        "\nx ::= ",
        "\ny ::= ",
        " ",
        "#",
        '"',
        "[",
        "]",
        "\\",
        "-",
        "<",
        "::=",
        '""',
        "\\x41",
        "\x00",
        "9",
    ]
).flatmap(lambda piece: st.sampled_from([piece, piece, piece, "|"]))
NEARLY_GRAMMARS = st.lists(PIECES, max_size=25).map(lambda pieces: "root ::= " + " ".join(pieces))


@given(st.one_of(st.text(max_size=200), NEARLY_GRAMMARS))
@settings(max_examples=300, deadline=None)
def test_any_text_is_judged(text: str) -> None:
    with contextlib.suppress(EngineError):
        gbnf.check(text)


GOOD_ITEMS = st.recursive(
    st.sampled_from(['"a"', '"bc"', "[a-z]", "[^a]", ".", "x", "y", '"\\n"', '""']),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda items: "(" + " | ".join(items) + ")"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"])).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
    ),
    max_leaves=8,
)
GOOD_GRAMMARS = st.tuples(GOOD_ITEMS, GOOD_ITEMS, GOOD_ITEMS).map(
    lambda rules: f'root ::= {rules[0]} "."\nx ::= {rules[1]}\ny ::= "k" {rules[2]}\n'
)

LOADER = """
import sys
from pathlib import Path
from appliance.engines.llama_sampling import Sampler, Taste
from appliance.engines.llama_session import Session
session = Session(Path(sys.argv[1]), 64, 32, 1)
session.open()
session.deadline = float("inf")
for grammar in sys.stdin.buffer.read().decode().split("\\x00"):
    session.rewind([1])
    session.decode([1])
    sampler = Sampler(session, Taste(0.0, 1, 1.0, 0.0, 1.0, 1), grammar)
    for _ in range(12):
        token = sampler.pick()
        if token is None or session.ends(token) or not session.decode([token]):
            break
    sampler.close()
print("survived")
"""


@pytest.mark.skipif(not library_present("llama_cpp"), reason="llama-cpp-python is not built: tools/build-llm")
def test_llama_cpp_survives_what_passes(tmp_path: Path) -> None:
    """Every accepted grammar, among hundreds of made ones, loads and samples in the real library."""
    accepted = list(SAFE)

    @given(GOOD_GRAMMARS)
    @settings(max_examples=150, deadline=None, database=None)
    def collect(text: str) -> None:
        try:
            gbnf.check(text)
        except EngineError:
            return
        accepted.append(text)

    collect()
    assert len(accepted) > 50
    model = make_model(tmp_path / "tiny.gguf")
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(model)],
        input="\0".join(accepted).encode(), capture_output=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.stdout == b"survived\n", done.stderr[-2_000:]

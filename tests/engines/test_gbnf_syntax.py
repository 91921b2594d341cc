"""Text → rules. What the rules may mean is judged, and tried on llama.cpp, in test_gbnf."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.engines import gbnf_syntax as syntax
from appliance.engines.gbnf_syntax import Chars, Group, Ref, Repeat, children, parse
from appliance.errors import EngineError

A, B = Chars(1), Ref("b")


def root(text: str) -> syntax.Alternatives:
    return parse(f"root ::= {text}")["root"]


@pytest.mark.parametrize(
    ("text", "alternatives"),
    [
        ("", ((),)),
        ('"" | "ab"', ((Chars(0),), (Chars(2),))),
        ('"a" b', ((A, B),)),
        (".", ((Chars(1),),)),
        ("[abc]", ((Chars(3),),)),
        ("[a-c]", ((Chars(2),),)),
        ("[^a-c_]", ((Chars(3),),)),
        ("[a-]", ((Chars(2),),)),
        ("[-a]", ((Chars(2),),)),
        (r"[\]\-\[]", ((Chars(3),),)),
        (r'"\x41\u00e9\U0001F600\n\\\""', ((Chars(6),),)),
        ('"a"*', ((Repeat(A, 0, None),),)),
        ('"a" +', ((Repeat(A, 1, None),),)),
        ("b?", ((Repeat(B, 0, 1),),)),
        ("b{3}", ((Repeat(B, 3, 3),),)),
        ("b{0,}", ((Repeat(B, 0, None),),)),
        ("b{ 2 , }", ((Repeat(B, 2, None),),)),
        ("b{0,4}", ((Repeat(B, 0, 4),),)),
        ('("a" | b)*', ((Repeat(Group(((A,), (B,))), 0, None),),)),
        ('(\n"a"\n# why\n| b\n)', ((Group(((A,), (B,))),),)),
        ('"a" |\n b # after it', ((A,), (B,))),
        ('\n  "a"', ((A,),)),
    ],
)
def test_the_parts_of_a_rule(text: str, alternatives: syntax.Alternatives) -> None:
    assert root(text) == alternatives


def test_a_line_ends_a_rule_only_outside_of_parentheses() -> None:
    assert parse('root ::= "a"\nb ::= "b"\r\nc ::= (\r"c"\r)') == {
        "root": ((A,),),
        "b": ((A,),),
        "c": ((Group(((A,),)),),),
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_line_of_a_fault_is_named_whatever_ends_lines(end: str) -> None:
    with pytest.raises(EngineError, match="grammar, line 4: an empty class"):
        parse(end.join(('root ::= "a"', "# a remark", "", "b ::= []")))


def nested(depth: int) -> str:
    return "(" * depth + '"a"' + ")" * depth


def many(rules: int) -> str:
    return "\n".join(['root ::= "a"', *(f'r{number} ::= "a"' for number in range(1, rules))])


def bytes_long(size: int) -> str:
    start = 'root ::= "a" #'
    return start + "é" * ((size - len(start)) // 2) + " " * ((size - len(start)) % 2)


@pytest.mark.parametrize(
    ("within", "above", "reason"),
    [
        (f"root ::= {nested(syntax.MAX_NESTING)}", f"root ::= {nested(syntax.MAX_NESTING + 1)}", "32 deep"),
        (many(syntax.MAX_RULES), many(syntax.MAX_RULES + 1), "more than 500 rules"),
        (bytes_long(syntax.MAX_BYTES), bytes_long(syntax.MAX_BYTES + 1), "65537 bytes are above 65536"),
        ('root ::= "a"{500}', 'root ::= "a"{501}', "501 to 501"),
        ('root ::= "a"{0,500}', 'root ::= "a"{0,501}', "0 to 501"),
        (r'root ::= "\U0010FFFF"', r'root ::= "\U00110000"', "0x110000 is not a character"),
    ],
    ids=["nesting", "rules", "bytes", "exactly", "up to", "code point"],
)
def test_every_bound_is_where_it_says(within: str, above: str, reason: str) -> None:
    assert "root" in parse(within)
    with pytest.raises(EngineError, match=reason):
        parse(above)


@pytest.mark.parametrize(
    "cut", ['"', "[", '"\\', '"\\x', '"\\x4', "[a-", "[^", "(", '"a"{', '"a"{1', "b |", "b:"]
)
def test_a_text_that_stops_anywhere_is_a_sentence_or_a_grammar(cut: str) -> None:
    try:
        found = str(root(cut))
    except EngineError as error:
        found = error.message
    assert found.startswith("grammar, line 1: ") or found == str(((B,), ()))


def test_children_are_those_directly_inside() -> None:
    inner = Repeat(B, 0, 1)
    assert list(children(Group(((A, inner), (B,))))) == [A, inner, B]
    assert list(children(inner)) == [B]
    assert [*children(A), *children(B)] == []


# --- what is written is what is read ------------------------------------------------------------------------

COUNTS = st.tuples(st.integers(0, 9), st.integers(0, 9) | st.none()).filter(
    lambda counts: counts[1] is None or (counts[1] > 0 and counts[0] <= counts[1])
)


def repeats(items: st.SearchStrategy[syntax.Item]) -> st.SearchStrategy[syntax.Item]:
    """A repetition stands behind anything but the empty text and another repetition."""
    single = items.filter(lambda item: item != Chars(0) and not isinstance(item, Repeat))
    return st.builds(lambda item, counts: Repeat(item, *counts), single, COUNTS)


def groups(items: st.SearchStrategy[syntax.Item]) -> st.SearchStrategy[syntax.Item]:
    sequence = st.lists(items, max_size=3).map(tuple)
    return st.builds(Group, st.lists(sequence, min_size=1, max_size=3).map(tuple))


ITEMS = st.recursive(
    st.integers(0, 5).map(Chars) | st.sampled_from(["b", "root", "a-1"]).map(Ref),
    lambda items: groups(items) | repeats(items),
    max_leaves=12,
)
SPACES = st.sampled_from([" ", "\t ", '  # a remark " ) \n', "\n", "\r\n"])


def written(item: syntax.Item, space: str) -> str:
    match item:
        case Chars(count=count):
            return f'"{"é" * count}"'
        case Ref(name=name):
            return name
        case Group(alternatives=alternatives):
            inside = f"{space}|{space}".join(
                space.join(written(each, space) for each in one) for one in alternatives
            )
            return f"({space}{inside}{space})"
        case Repeat(item=inner, least=least, most=most):
            return f"{written(inner, space)}{{{least},{'' if most is None else most}}}"


@given(st.lists(ITEMS, max_size=4).map(tuple), SPACES)
@settings(deadline=None)
def test_what_is_written_is_what_is_read(items: tuple[syntax.Item, ...], space: str) -> None:
    group = Group((items,))
    assert root(written(group, space)) == ((group,),)

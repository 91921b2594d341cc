"""Jinja within bounds: filters, limits, and what must not leak; what templates mean is in test_templates."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home.sandbox import MAX_DEPTH, MAX_NODES, compiled
from appliance.home.templates import MAX_INPUT_CHARS, MAX_OUTPUT_CHARS, TemplateFault


def value_of(expression, payload="{}"):
    return compiled("{{ " + expression + " }}")(payload)


def assert_sentence(said):
    assert 0 < len(said) <= 200


@pytest.mark.parametrize(
    ("expression", "payload", "expected"),
    [
        ("value | int", "12.9", "12"),
        ("value | int", "nan", "0"),
        ("value | int(-1)", "1e400", "-1"),
        ("value | float", "x", "0.0"),
        ("value_json.x | float(2.5)", "{}", "2.5"),
        ("2.5 | round", "", "2.0"),
        ("2.45 | round(1, 'ceil')", "", "2.5"),
        ("value | round(1, default='-')", "x", "-"),
        ("value_json.x | default('d')", "{}", "d"),
        ("value_json.x | default('d')", '{"x": ""}', ""),
        ("value_json.x | default('d', true)", '{"x": ""}', "d"),
        ("value | bool", "Yes", "True"),
        ("value | bool('?')", "2", "?"),
        ("(value == 'a') | iif('yes', 'no')", "b", "no"),
        ("value_json | first", "[7, 8]", "7"),
        ("value_json | last", "[7, 8]", "8"),
        ("value_json | min + value_json | max", "[7, 8]", "15"),
        ("value_json | length", '{"a": 1}', "1"),
        ("value | from_json | to_json", '{"a": null}', '{"a":null}'),
        ("value | multiply(2) | add(1)", "3", "7.0"),
        ("value | bitwise_and(6)", "3", "2"),
        ("value | bitwise_or(6)", "3", "7"),
        ("value | trim | title", "  ab cd ", "Ab Cd"),
        ("(0 - 5) | abs", "", "5.0"),
        ("value[1:3]", "abcd", "bc"),
        ("value_json.a['b']", '{"a": {"b": 1}}', "1"),
        ("7 // 2 ~ 7 % 2", "", "31"),
        ("max(1, 2) + int('3')", "", "5"),
        ("'x' in value and value is string", "xy", "True"),
    ],
)
def test_filters_and_operators(expression, payload, expected):
    assert value_of(expression, payload) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "value_json | first",
        "value_json | last",
        "'x' - 1",
        "[1] * 3",
        "(1, 2) * 3",
        "1e15 * 10 + 1e16",
        "1 / 0",
        "1 % 0",
        "5 | round(1, 'up')",
        "value | bitwise_and('x')",
        "value | multiply(1e300)",
        "value_json | min",
        "value_json.update({'a': 1})",
        "value.__class__",
        "value['__class__'].x | first",
        "value | attr('__class__')",
        "value_json.items()",
        "'{0.__class__}'.format(value)",
        "self.x",
        "self._TemplateReference__context",
        "self['x']",
        "joiner()",
        "lipsum()",
        "cycler(1)",
        "namespace(a=1)",
        "dict(a=1)",
        "value | map('upper')",
        "value | pprint",
        "value | format(1)",
    ],
)
def test_what_has_no_value_or_no_right_is_a_fault_or_nothing(expression):
    try:
        found = value_of(expression)
    except TemplateFault as fault:
        assert_sentence(str(fault))
        return
    assert found == ""


def empty_texts(count):
    return "[" + ",".join(['""'] * count) + "]"


def test_every_bound_is_where_it_says():
    same = compiled("{{ value | string }}")
    assert len(same("x" * MAX_INPUT_CHARS)) == MAX_INPUT_CHARS
    with pytest.raises(TemplateFault, match="payload of 16385 characters"):
        same("x" * (MAX_INPUT_CHARS + 1))
    twice = compiled("{{ value + value }}")
    assert len(twice("x" * (MAX_OUTPUT_CHARS // 2))) == MAX_OUTPUT_CHARS
    with pytest.raises(TemplateFault, match="too long"):
        twice("x" * (MAX_OUTPUT_CHARS // 2 + 1))
    joined = compiled("{{ value_json | join('abcd') }}")
    assert len(joined(empty_texts(MAX_OUTPUT_CHARS // 4))) == MAX_OUTPUT_CHARS - 4
    with pytest.raises(TemplateFault, match="too long"):
        joined(empty_texts(MAX_OUTPUT_CHARS // 4 + 1))
    replaced = compiled("{{ value | replace('a', 'bc') }}")
    assert replaced("a" * (MAX_OUTPUT_CHARS // 3)) == "bc" * (MAX_OUTPUT_CHARS // 3)
    with pytest.raises(TemplateFault, match="too long"):
        replaced("a" * (MAX_OUTPUT_CHARS // 2 + 1))


@pytest.mark.parametrize("left", ["1e15", "value"])
def test_numbers_are_bounded(left):
    assert value_of(f"({left} | float) + 1", "1e15") == "1000000000000001.0"
    with pytest.raises(TemplateFault, match="only numbers"):
        value_of("(1e15 + 1) + 1")


@pytest.mark.parametrize(
    "template",
    [
        "{{ " + "-" * (MAX_DEPTH + 1) + "1 }}",
        "{{ [" + "1," * MAX_NODES + "] }}",
        "{% if 1 %}" * (MAX_DEPTH + 1) + "{% endif %}" * (MAX_DEPTH + 1),
    ],
)
def test_depth_and_size_of_the_tree_are_bounded(template):
    with pytest.raises(TemplateFault, match="too long or too deep"):
        compiled(template)


def test_nothing_is_kept_from_one_payload_to_the_next():
    render = compiled("{% if value == 'a' %}{% set seen = 'a' %}{% endif %}{{ seen }}")
    assert [render("a"), render("b")] == ["a", ""]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
FILTERS = [
    "int",
    "float",
    "round",
    "round(value_json)",
    "round(1, value_json)",
    "default('x')",
    "replace(value_json, 'x')",
    "replace('', value_json)",
    "join",
    "join(value_json)",
    "to_json",
    "from_json",
    "iif(1, 2)",
    "bool",
    "is_defined",
    "abs",
    "string",
    "lower",
    "upper",
    "trim",
    "title",
    "length",
    "count",
    "first",
    "last",
    "min",
    "max",
    "multiply(value_json)",
    "add(value_json)",
    "bitwise_and(value_json)",
    "bitwise_or(1)",
    "tojson",
    "d(value_json)",
]
PROGRAMS = {name: compiled("{{ value_json | " + name + " }}") for name in FILTERS}
OPERATIONS = {
    operation: compiled("{{ value_json " + operation + " value_json }}")
    for operation in ("+", "-", "*", "/", "//", "%", "~", "<", "==", "in", "and")
}


@given(st.sampled_from([*PROGRAMS.values(), *OPERATIONS.values()]), JSON.map(json.dumps))
@settings(max_examples=400, deadline=None)
def test_any_value_through_any_filter_is_text_or_a_fault(render, payload):
    try:
        assert len(render(payload)) <= MAX_OUTPUT_CHARS
    except TemplateFault as fault:
        assert_sentence(str(fault))

"""Templates of devices: what they mean, and what they may not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home.templates import MAX_OUTPUT_CHARS, TemplateFault, compiled


@pytest.mark.parametrize(
    ("template", "payload", "expected"),
    [
        ("", "as it is", "as it is"),
        ("{{ value }}", "as it is", "as it is"),
        ("{{value_json.t}}", '{"t": 21.5}', "21.5"),
        ("{{ value_json['a b'][0].c }}", '{"a b": [{"c": true}]}', "True"),
        ('{{ value_json["x"] }}', '{"x": null}', "None"),
        ("{{ value_json.x.y }}", '{"x": 1}', ""),
        ("{{ value_json[3] }}", "[1]", ""),
    ],
)
def test_paths(template, payload, expected):
    assert compiled(template)(payload) == expected


@pytest.mark.parametrize("template", ["{{ value }}", "{{ value_json.a['b'][0] }}"])
def test_paths_need_no_engine(template):
    program = (
        "import sys; from appliance.home.templates import compiled; "
        f"compiled({template!r})('{{}}'); print('jinja2' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("template", "payload", "expected"),
    [
        ("{{ value_json.t | round(1) }}", '{"t": 1.57}', "1.6"),
        ("{{ value | int * 2 }}", "21", "42"),
        ("{{ 'ON' if value_json.s == 1 else 'OFF' }}", '{"s": 1}', "ON"),
        ("{% if value_json.x is defined %}a{% else %}b{% endif %}", "{}", "b"),
        ("{% set v = {'heating': 'heat'} %}{{ v[value_json.x] }}", '{"x": "heating"}', "heat"),
        ("{{ value_json.get('x', 3) }}", "{}", "3"),
        ("{{ value.split(',')[1] }}", "a,b", "b"),
        ("{{ value_json.x | default('none') | upper }}", "{}", "NONE"),
        ("{{ (value | float / 10) | round(0, 'floor') }}", "19", "1.0"),
        ("{{ value | is_defined }}", "x", "x"),
        ("{{ value_json | to_json }}", '{"a": [1]}', '{"a":[1]}'),
        ("{{ value | int(default=7) }}", "no number", "7"),
        ("{% set a = value_json.x %}{% set b = a | float %}{{ b * 2 }}", '{"x": "1.5"}', "3.0"),
        ("{{ value_json.x if value_json is defined else value }}", "plain", "plain"),
        (
            "{{ value_json.t | as_timestamp | timestamp_utc }}",
            '{"t": "1970-01-01T00:01:00+00:00"}',
            "1970-01-01T00:01:00+00:00",
        ),
        ("{{ value | timestamp_custom('%Y', false) }}", "0", "1970"),
        ("{{ value | int(base=16) }}", "ff", "255"),
        ("{{ value is is_number and value | is_number }}", "5", "True"),
        ("{{ value | base64_decode }}", "aGk=", "hi"),
        ("{{ value.split(',')[0:2] | join(';') }}", "1,2,3", "1;2"),
        ("{{ value_json.a | join(' ') | replace('x', 'y') }}", '{"a": ["x", 1]}', "y 1"),
    ],
)
def test_expressions(template, payload, expected):
    assert compiled(template)(payload) == expected


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% for i in range(9) %}{% endfor %}", "for is not allowed"),
        ("{% macro a() %}{% endmacro %}", "macro is not allowed"),
        ("{% include 'x' %}", "include is not allowed"),
        ("{{ 9 ** 9 ** 9 }}", "pow is not allowed"),
        ("{{ range(5) }}", "call of something"),
        ("{{ value.format(1) }}", "call of something"),
        ("{{ value.ljust(1000000000) }}", "call of something"),
        ("{{ value | center(1000000000) }}", "'center' is not known"),
        ("{{ value is callable }}", "'callable' is not known"),
        ("{{ value.split(*value) }}", "unpacked"),
        ("{% set a = value %}{% set b = a ~ a %}{{ b }}", "made from another"),
        ("{% set a = 1 %}{% set a = 2 %}", "set twice"),
        ("{% set a = value %}{% set b = [a, a] %}{{ b }}", "made from another"),
        ("{{ value | regex_replace('(a+)+', 'b') }}", "'regex_replace' is not known"),
        ("{{ states('lock.front') }}", "call of something"),
        ("{{ now() }}", "call of something"),
        ("{{ value", "cannot be read"),
        ("{{ " + "(" * 600 + "1" + ")" * 600 + " }}", "recursion|nested|too deep|parser"),
        ("{{ " + "-" * 1_900 + "1 }}", "recursion|nested|too deep|parser"),
        ("{{ " + "1+" * 500 + "1 }}", "too long or too deep"),
        ("x" * 3_000, "3000 characters"),
    ],
)
def test_what_could_cost_too_much_is_refused_before_it_runs(template, reason):
    with pytest.raises(TemplateFault, match=reason):
        compiled(template)


@pytest.mark.parametrize(
    ("template", "payload"),
    [
        ("{{ 'a' * 1000000000 }}", "x"),
        ("{{ value | timestamp_custom('%1000000000Y') }}", "0"),
        (
            "{% set a = value %}{% set b = a | to_json %}{% set c = b | to_json %}{{ c | to_json }}",
            '"' * 4_000,
        ),
        ("{% set a = value | list %}{% set b = a | string | list %}{{ b | string }}", "a" * 16_000),
        ("{{ '%1000000000d' % 5 }}", "x"),
        ("{{ ''.__class__.__mro__ }}", "x"),
        ("{{ value | replace('', 'xxxxxxxxxxxx') | replace('', 'yyyyyyyyyyyyyy') }}", "a" * 5_000),
        ("{{ value ~ value }}", "a" * 16_000),
        ("{{ value + value }}", "a" * 16_000),
        ("{{ value | int / 0 }}", "1"),
        ("{{ value_json.a.b.c.d | first }}", "{}"),
        ("{{ value_json.x }}", "no json"),
        ("{{ value_json.x | int }}", "[" * 10_000),
        ("{{ value | upper }}", "a" * 20_000),
        ("{{ value_json.x | join(value) }}", '{"x":[' + "1," * 2_000 + "1]}"),
        ("{{ value_json }}", '"' + "a" * 20_000 + '"'),
    ],
)
def test_what_a_payload_could_make_of_it_is_bounded(template, payload):
    with pytest.raises(TemplateFault):
        compiled(template)(payload)


@pytest.mark.parametrize("digits", ["-1000000000", "1000000000", "'x'"])
def test_rounding_is_bounded(digits):
    assert len(compiled("{{ 5 | round(" + digits + ") }}")("x")) < 20


WORDS = st.sampled_from(
    [
        "value",
        "value_json",
        ".a",
        "[0]",
        "|",
        "int",
        "round",
        "(",
        ")",
        "{%",
        "%}",
        "if",
        "set",
        "endif",
        "'x'",
        "9",
        "*",
        "**",
        "~",
        "for",
        "in",
        "range",
        "{{",
        "}}",
        " ",
        "replace",
        ",",
        "''",
        "__class__",
        "=",
        "is",
        "defined",
        "e9",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=25).map("".join), st.text(max_size=40), st.booleans())
def test_no_template_does_more_than_refuse(template, payload, wrapped):
    try:
        result = compiled("{{ " + template + " }}" if wrapped else template)(payload)
    except TemplateFault as fault:
        result = str(fault)
    assert len(result) <= MAX_OUTPUT_CHARS


def test_commands_get_values_as_they_are_and_more_variables():
    assert compiled("{{ value / 2 }}")(5) == "2.5"
    assert compiled("{{ hue }}/{{ this.state }}")("x", {"hue": 5, "this": {"state": "on"}}) == "5/on"
    assert compiled('{"on": {{ "true" if state else "false" }}}')("None", {"state": True}) == '{"on": true}'
    assert compiled("")(21.5) == "21.5"

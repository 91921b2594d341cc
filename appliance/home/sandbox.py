"""Jinja within bounds, for templates that are more than a path. Imported only when one appears.

`templates` says what is allowed and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import nodes
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from appliance.home.sandbox_filters import FAULTS, FILTERS, FUNCTIONS, MAX_NUMBER, TESTS
from appliance.home.templates import (
    MAX_INPUT_CHARS,
    MAX_OUTPUT_CHARS,
    NO_VARIABLES,
    Render,
    TemplateFault,
    Told,
    parse_json,
)

MAX_DEPTH = 24
MAX_NODES = 400

_NODES = frozenset(
    {
        "Template", "Output", "TemplateData", "Const", "Name", "Getattr", "Getitem", "Slice", "Filter",
        "Test", "CondExpr", "Compare", "Operand", "And", "Or", "Not", "Neg", "Pos", "Add", "Sub", "Mul",
        "Div", "FloorDiv", "Mod", "Concat", "List", "Tuple", "Dict", "Pair", "Call", "Keyword",
        "Assign", "If",
    }
)  # fmt: skip
_METHODS = frozenset({"get", "lower", "upper", "strip", "split", "startswith", "endswith"})
_TESTS = frozenset(
    {
        "defined", "undefined", "none", "number", "string", "mapping", "sequence", "boolean", "true", "false",
        "integer", "float", "odd", "even",
        "in", "eq", "==", "ne", "!=", "lt", "<", "le", "<=", "gt", ">", "ge", ">=",
    }
)  # fmt: skip
_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%"})
_BUILDING = (nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict)
"""What could double the size of a value each time; all else is bounded when it runs."""


class _Environment(ImmutableSandboxedEnvironment):
    """Arithmetic is for numbers; only `+` also joins short texts."""

    intercepted_binops = _OPERATORS

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            if len(left) + len(right) > MAX_OUTPUT_CHARS:
                raise TemplateFault("a result that is too long")
            return left + right
        for operand in (left, right):
            if not isinstance(operand, int | float) or abs(operand) > MAX_NUMBER:
                raise TypeError("only numbers can be calculated with")
        return super().call_binop(context, operator, left, right)


def _environment() -> _Environment:
    environment = _Environment(optimized=False, autoescape=False, cache_size=0)
    tests = {**{name: environment.tests[name] for name in _TESTS}, **TESTS}
    environment.filters, environment.tests, environment.globals = {}, {}, {}
    environment.filters.update(FILTERS)
    environment.tests.update(tests)
    environment.globals.update(FUNCTIONS)
    return environment


_ENVIRONMENT = _environment()


# --- the check ----------------------------------------------------------------------------------------------


def _check(tree: nodes.Template) -> None:
    """Raises TemplateFault for a tree with anything that is not on the lists."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    seen = 0
    assigned: set[str] = set()
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_NODES:
            raise TemplateFault("a template that is too long or too deep")
        _check_node(node)
        if isinstance(node, nodes.Assign):
            _check_assign(node, assigned)
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())
    for assign in tree.find_all(nodes.Assign):
        names = {name.name for name in assign.node.find_all(nodes.Name)}
        if names & assigned and _builds(assign.node):
            raise TemplateFault("a list or text that is made from another variable")


def _builds(node: nodes.Node) -> bool:
    return isinstance(node, _BUILDING) or any(node.find(kind) is not None for kind in _BUILDING)


def _check_node(node: nodes.Node) -> None:
    name = type(node).__name__
    if name not in _NODES:
        raise TemplateFault(f"{name.lower()} is not allowed in a template")
    if isinstance(node, nodes.Call):
        _check_call(node)
    elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateFault(f"the filter {node.name[:40]!r} is not known")
    elif isinstance(node, nodes.Test) and node.name not in {*_TESTS, *TESTS}:
        raise TemplateFault(f"the test {node.name[:40]!r} is not known")


def _check_call(call: nodes.Call) -> None:
    target = call.node
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        raise TemplateFault("a call with unpacked arguments")
    if isinstance(target, nodes.Getattr) and target.attr in _METHODS:
        return
    if isinstance(target, nodes.Name) and target.name in FUNCTIONS:
        return
    raise TemplateFault("a call of something that is not known")


def _check_assign(assign: nodes.Assign, assigned: set[str]) -> None:
    if not isinstance(assign.target, nodes.Name) or assign.target.name in assigned:
        raise TemplateFault("a variable that is set twice")
    assigned.add(assign.target.name)


# --- use ----------------------------------------------------------------------------------------------------


def compiled(template: str) -> Render:
    """A function from a payload to text, which raises TemplateFault. Raises TemplateFault when refused."""
    try:
        tree = _ENVIRONMENT.parse(template)
        _check(tree)
        code = _ENVIRONMENT.compile(tree)
        program = _ENVIRONMENT.template_class.from_code(_ENVIRONMENT, code, dict(FUNCTIONS))
    except FAULTS as error:
        raise TemplateFault(f"a template that cannot be read: {error}"[:200]) from None
    needs_json = "value_json" in template

    def render(payload: Told, variables: Mapping[str, object] = NO_VARIABLES) -> str:
        values = {**variables, "value": payload}
        if isinstance(payload, str) and len(payload) > MAX_INPUT_CHARS:
            raise TemplateFault(f"a payload of {len(payload)} characters for a template")
        if needs_json and isinstance(payload, str):
            values |= _json(payload)
        try:
            text = program.render(values)
        except FAULTS as error:
            raise TemplateFault(f"the template fails on this payload: {error}"[:200]) from None
        if len(text) > MAX_OUTPUT_CHARS:
            raise TemplateFault("a result that is too long")
        return text.strip()

    return render


def _json(payload: str) -> dict[str, object]:
    """`value_json` is not defined for a payload that is no JSON."""
    try:
        return {"value_json": parse_json(payload)}
    except TemplateFault:
        return {}

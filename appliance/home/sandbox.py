"""Jinja within bounds, for templates that are more than a path. Imported only when one appears.

`templates` says what is allowed and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from appliance.home.templates import (
    MAX_INPUT_CHARS,
    MAX_OUTPUT_CHARS,
    TemplateFault,
    parse_json,
)

MAX_DEPTH = 24
MAX_NODES = 400
MAX_NUMBER = 1e15

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
_FAULTS = (
    TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError,
    MemoryError, SyntaxError,
)  # fmt: skip


# --- filters and functions, all bounded ---------------------------------------------------------------------


def _missing(value: object) -> bool:
    return isinstance(value, Undefined)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > MAX_NUMBER:
        raise ValueError("a number out of bounds")
    return number


def _int(value: Any = 0, default: Any = 0) -> Any:
    try:
        return int(_number(value))
    except (ValueError, TypeError, TemplateError):
        return default


def _float(value: Any = 0.0, default: Any = 0.0) -> Any:
    try:
        return _number(value)
    except (ValueError, TypeError, TemplateError):
        return default


def _round(value: Any, precision: int = 0, method: str = "common", default: Any = None) -> Any:
    try:
        number, factor = _number(value), 10.0 ** max(-12, min(12, int(precision)))
    except (ValueError, TypeError, TemplateError):
        return default
    if method == "common":
        return round(number, int(precision)) if precision else float(round(number))
    return {"floor": math.floor, "ceil": math.ceil}[method](number * factor) / factor


def _default(value: Any, fallback: Any = "", empty: bool = False) -> Any:
    return fallback if _missing(value) or (empty and not value) else value


def _replace(value: Any, old: str, new: str) -> str:
    text = str(value)
    if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > MAX_OUTPUT_CHARS:
        raise TemplateFault("a result that is too long")
    return text.replace(old, new)


def _join(values: Iterable[Any], between: str = "") -> str:
    parts = [str(value) for value in values]
    if sum(map(len, parts)) + len(parts) * len(between) > MAX_OUTPUT_CHARS:
        raise TemplateFault("a result that is too long")
    return between.join(parts)


def _to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _iif(condition: Any, when: Any = True, otherwise: Any = False) -> Any:
    return when if condition else otherwise


def _bool(value: Any, default: Any = False) -> Any:
    known = {
        "1": True,
        "true": True,
        "on": True,
        "yes": True,
        "0": False,
        "false": False,
        "off": False,
        "no": False,
    }
    return known.get(str(value).lower(), default)


_FILTERS: dict[str, Callable[..., Any]] = {
    "int": _int, "float": _float, "round": _round, "default": _default, "d": _default, "replace": _replace,
    "join": _join, "to_json": _to_json, "tojson": _to_json, "from_json": parse_json, "iif": _iif,
    "bool": _bool, "is_defined": lambda value: value, "abs": lambda value: abs(_number(value)), "string": str,
    "lower": lambda value: str(value).lower(), "upper": lambda value: str(value).upper(),
    "trim": lambda value: str(value).strip(), "title": lambda value: str(value).title(),
    "length": len, "count": len,
    "first": lambda values: values[0], "last": lambda values: values[-1], "min": min, "max": max,
    "multiply": lambda value, factor: _number(value) * _number(factor),
    "add": lambda a, b: _number(a) + _number(b),
    "bitwise_and": lambda a, b: int(_number(a)) & int(_number(b)),
    "bitwise_or": lambda a, b: int(_number(a)) | int(_number(b)),
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": _int, "float": _float, "iif": _iif, "bool": _bool, "min": min, "max": max,
}  # fmt: skip


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
    tests = {name: environment.tests[name] for name in _TESTS}
    environment.filters, environment.tests, environment.globals = {}, {}, {}
    environment.filters.update(_FILTERS)
    environment.tests.update(tests)
    environment.globals.update(_FUNCTIONS)
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
        if any(name.name in assigned for name in assign.node.find_all(nodes.Name)):
            raise TemplateFault("a variable that is made from another")


def _check_node(node: nodes.Node) -> None:
    name = type(node).__name__
    if name not in _NODES:
        raise TemplateFault(f"{name.lower()} is not allowed in a template")
    if isinstance(node, nodes.Call):
        _check_call(node)
    elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
        raise TemplateFault(f"the filter {node.name[:40]!r} is not known")
    elif isinstance(node, nodes.Test) and node.name not in _TESTS:
        raise TemplateFault(f"the test {node.name[:40]!r} is not known")


def _check_call(call: nodes.Call) -> None:
    target = call.node
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        raise TemplateFault("a call with unpacked arguments")
    if isinstance(target, nodes.Getattr) and target.attr in _METHODS:
        return
    if isinstance(target, nodes.Name) and target.name in _FUNCTIONS:
        return
    raise TemplateFault("a call of something that is not known")


def _check_assign(assign: nodes.Assign, assigned: set[str]) -> None:
    if not isinstance(assign.target, nodes.Name) or assign.target.name in assigned:
        raise TemplateFault("a variable that is set twice")
    assigned.add(assign.target.name)


# --- use ----------------------------------------------------------------------------------------------------


def compiled(template: str) -> Callable[[str], str]:
    """A function from a payload to text, which raises TemplateFault. Raises TemplateFault when refused."""
    try:
        tree = _ENVIRONMENT.parse(template)
        _check(tree)
        code = _ENVIRONMENT.compile(tree)
        program = _ENVIRONMENT.template_class.from_code(_ENVIRONMENT, code, dict(_FUNCTIONS))
    except _FAULTS as error:
        raise TemplateFault(f"a template that cannot be read: {error}"[:200]) from None
    needs_json = "value_json" in template

    def render(payload: str) -> str:
        if len(payload) > MAX_INPUT_CHARS:
            raise TemplateFault(f"a payload of {len(payload)} characters for a template")
        values: dict[str, Any] = {"value": payload}
        if needs_json:
            values["value_json"] = parse_json(payload)
        try:
            text = program.render(values)
        except _FAULTS as error:
            raise TemplateFault(f"the template fails on this payload: {error}"[:200]) from None
        if len(text) > MAX_OUTPUT_CHARS:
            raise TemplateFault("a result that is too long")
        return text.strip()

    return render

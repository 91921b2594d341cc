"""The configuration's documentation, from the docstrings of `model`: one source for page and template."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator

from appliance.config import environment, model, render, schema

WIDTH = 100
INTRODUCTION = """# Configuration

Made from `appliance/config/model.py` by `appliance config docs`; do not edit.

Two files are read, each over the one before: `/etc/appliance/appliance.toml` (comes with the system) and
`appliance.toml` in `paths.data` (this device's own). `--config FILE` reads that file instead of both. Over
them lies `chosen.toml` in `paths.data`: what was chosen while running, in Home Assistant (volume, mute,
sounds, wake words, voice, log level, profile). Then variables override single keys:
`APPLIANCE__MQTT__HOST=broker.lan` sets `mqtt.host`; what a variable sets, nobody can change while it runs. A
variable is read as the type of its key; lists are TOML (`["a", "b"]`) or separated by commas.

- A table given in part keeps its other keys: `[limits.stt]` with only `memory_max_mb` leaves the rest.
- A layer that chooses another engine does not inherit the `options` of the former one.
- A relative path belongs to the folder of the file that names it; in a variable, to the working directory.
  `~` is the user's home. `stt.model`, `stt.speaker_model`, `llm.model`, `tts.model` and each of `wake.words`
  hold a name of [models](models.md), or a path: whatever contains a slash is a path.
- An unknown key, a wrong type or a value out of range is an error that names file, key, value and what was
  expected; all of them are listed at once.

| command | |
|---|---|
| `appliance config check [FILE]` | every problem, also of engines, models and files; exit status 1 if any |
| `appliance config show` | what is in force, as TOML; secrets appear as `(set)` |
| `appliance config show --origin` | the same, with the file or variable that each value came from |
"""


def descriptions() -> dict[str, dict[str, str]]:
    """Class name → field name → docstring, "" holding the class's own. Read from the source of `model`."""
    tree = ast.parse(inspect.getsource(model))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: {"": ast.get_docstring(node) or "", **_fields(node)} for node in classes}


def _fields(node: ast.ClassDef) -> dict[str, str]:
    """A field's description is the string right below it."""
    found = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and _is_text(below):
            found[field.target.id] = " ".join(ast.literal_eval(below.value).split())  # type: ignore[attr-defined]
    return found


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _sections() -> Iterator[tuple[schema.Path, str, list[schema.Leaf]]]:
    """Every table: its path, the name of its class, its keys."""
    for table in sorted(schema.tables(), key=_order):
        section: object = model.Config()
        for name in table:
            section = getattr(section, name)
        yield (
            table,
            type(section).__name__,
            [leaf for leaf in schema.leaves().values() if leaf.path[:-1] == table],
        )


def _order(table: schema.Path) -> int:
    below = [index for index, path in enumerate(schema.leaves()) if path[: len(table)] == table]
    return below[0] * 10 + len(table)


def page() -> str:
    """docs/configuration.md."""
    texts = descriptions()
    lines = [INTRODUCTION]
    for table, name, leaves in _sections():
        lines.append(f"## `{render.header(table)}`" if table else "## Top level")
        lines += ["", texts[name][""], ""]
        if leaves:
            lines += ["| key | takes | default | |", "|---|---|---|---|"]
            lines += [_row(leaf, texts[name].get(leaf.path[-1], "")) for leaf in leaves]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _row(leaf: schema.Leaf, text: str) -> str:
    takes = "a table of the engine's own options" if leaf.open else schema.expected(leaf)
    cells = [f"`{leaf.path[-1]}`", takes, f"`{_default(leaf)}`", text]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(leaf: schema.Leaf) -> str:
    return "{}" if leaf.open else render.value(leaf.default)


def template() -> str:
    """etc/appliance/appliance.toml: every key, commented out, at its default."""
    texts = descriptions()
    lines = [
        "# The appliance's configuration. Every key is here at its default; remove the # to change one.",
        "# This device's own changes belong into appliance.toml in paths.data, read after this file.",
        f"# A variable overrides a key: {environment.variable(('mqtt', 'host'))}=… sets mqtt.host.",
        "# Check with: appliance config check. Written from the model by: appliance config docs --template",
    ]
    for table, name, leaves in _sections():
        if table and leaves:
            lines += ["", f"# {texts[name]['']}", render.header(table)]
        for leaf in leaves:
            lines += _lines(leaf, texts[name].get(leaf.path[-1], ""))
    return "\n".join(lines) + "\n"


def _lines(leaf: schema.Leaf, text: str) -> list[str]:
    if leaf.open:
        return [f"# {leaf.path[-1]}.KEY = VALUE sets an option of the engine"]
    takes = schema.expected(leaf)
    plain = takes == schema.TEXT
    about = text if text and plain else f"{text} ({takes})" if text else f"{takes[0].upper()}{takes[1:]}"
    return [*textwrap.wrap(about, WIDTH, initial_indent="# ", subsequent_indent="# "), _setting(leaf)]


def _setting(leaf: schema.Leaf) -> str:
    return f"#{leaf.path[-1]} = {_default(leaf)}"

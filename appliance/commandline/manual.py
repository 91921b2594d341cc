"""The manual page, in troff's `man` macros, from the same text as `--help`."""

from __future__ import annotations

import textwrap

from appliance.commandline.tree import Node, Option

WIDTH = 78
COMMON = ("--json", "--config")
"""Every command has them: they are told once."""
DESCRIPTION = """\
A voice appliance for the home that needs no cloud: it hears a wake word, understands what is said, does it
through an MQTT broker or Home Assistant, and answers. Every command reads the same configuration; commands
about the running appliance reach it over the local socket in its data directory."""
FILES = (
    ("/etc/appliance/appliance.toml", "the configuration of the machine"),
    ("/var/lib/appliance", "data: models, timers, people, snapshots; paths.data names another folder"),
    ("/var/lib/appliance/appliance.toml", "a configuration over that of the machine"),
    ("/var/lib/appliance/chosen.toml", "what was chosen while running"),
)
ENVIRONMENT = (
    ("APPLIANCE__SECTION__KEY", "sets one key of the configuration, such as APPLIANCE__MQTT__HOST"),
)
STATUS = (
    ("0", "it was done, and all is well"),
    ("1", "it was not done, or something is not well; the reason is said"),
    ("2", "the command line is wrong"),
    ("130", "it was interrupted"),
)


def page(root: Node, version: str, date: str) -> str:
    """The whole page; `date` is year-month-day."""
    name = root.words[0]
    lines = [
        f'.TH {name.upper()} 1 "{date}" "{name} {_text(version)}" "User Commands"',
        ".SH NAME",
        f"{name} \\- {_text(_first_small(root.help))}",
        ".SH SYNOPSIS",
        f".B {name}",
        ".I COMMAND",
        "[options]",
        ".SH DESCRIPTION",
        *_paragraph(DESCRIPTION),
        ".SH OPTIONS",
        "Every command takes these.",
        *(line for option in _common(root) for line in _option(option)),
        ".SH COMMANDS",
        *(line for child in root.children for line in _command(child)),
        ".SH FILES",
        *_table(FILES, "I"),
        ".SH ENVIRONMENT",
        *_table(ENVIRONMENT, "B"),
        ".SH EXIT STATUS",
        *_table(STATUS, "B"),
    ]
    return "\n".join(lines) + "\n"


def _first_small(words: str) -> str:
    return (words[:1].lower() + words[1:]).removesuffix(".")


def _command(node: Node) -> list[str]:
    """A command, then its actions, each with what it takes."""
    lines = [f'.SS "{_text(_call(node))}"', *_paragraph(f"{node.help[:1].upper()}{node.help[1:]}.")]
    for positional in node.positionals:
        choices = f" One of {', '.join(positional.choices)}." if positional.choices else ""
        if positional.help or choices:
            lines += [".TP", f".I {_text(positional.value)}", *_paragraph(positional.help + choices)]
    for option in node.options:
        if not {"--help", *COMMON} & set(option.flags):
            lines += _option(option)
    for child in node.children:
        lines += _command(child)
    return lines


def _common(root: Node) -> list[Option]:
    first = root.children[0] if root.children else root
    return [option for option in first.options if set(COMMON) & set(option.flags)]


def _option(option: Option) -> list[str]:
    return [".TP", _flags(option), *_paragraph(option.help)]


def _call(node: Node) -> str:
    forms = [each.form for each in node.positionals]
    if node.children:
        forms.append("ACTION")
    return " ".join([*node.words, *forms])


def _flags(option: Option) -> str:
    said = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in option.flags)
    return f"{said} \\fI{_text(option.value)}\\fR" if option.value else said


def _table(rows: tuple[tuple[str, str], ...], font: str) -> list[str]:
    return [line for name, said in rows for line in (".TP", f".{font} {_text(name)}", *_paragraph(said))]


def _paragraph(words: str) -> list[str]:
    """Text lines; none may begin like a request."""
    wrapped = textwrap.wrap(_text(words), WIDTH, break_long_words=False, break_on_hyphens=False)
    return [_safe(line) for line in wrapped]


def _safe(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _text(words: str) -> str:
    r"""With troff's own characters as themselves; `\(dq` does not end a quoted argument."""
    escaped = words.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("`", "\\(ga")
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in escaped)

"""Completion for bash, as one function without a call of the program."""

from __future__ import annotations

from appliance.commandline.tree import Node, Option

HEAD = """# bash completion for appliance; made by: appliance completion bash
# shellcheck shell=bash disable=SC2207

_appliance_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY+=($(compgen -f -- "$cur"))
}

_appliance() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at=appliance i
  COMPREPLY=()
"""
WALK = """  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at ${COMP_WORDS[i]}" in
%s
      *) ;;
    esac
  done
"""
TAIL = """}
complete -F _appliance appliance
"""


def script(root: Node) -> str:
    """The text to be sourced."""
    nodes = list(root.walk())
    return "".join((HEAD, WALK % "\n".join(_walk(nodes)), _values(nodes), _words(nodes), TAIL))


def _at(node: Node) -> str:
    return " ".join(node.words)


def _walk(nodes: list[Node]) -> list[str]:
    """How far the words before the cursor lead; an option's value is not one of them."""
    lines = [f'      "{_at(node)}") at="{_at(node)}" ;;' for node in nodes[1:]]
    for node in nodes:
        taking = [f'"{_at(node)} {flag}"' for option in node.options if option.value for flag in option.flags]
        if taking:
            lines.append(f"      {' | '.join(taking)}) ((i++)) ;;")
    return lines


def _values(nodes: list[Node]) -> str:
    """After an option: its choices, files, or nothing that could be guessed."""
    lines = ['  case "$at $prev" in']
    for node in nodes:
        for option in node.options:
            if option.value:
                keys = " | ".join(f'"{_at(node)} {flag}"' for flag in option.flags)
                lines.append(f"    {keys}) {_value(option)} ;;")
    return "\n".join([*lines, "    *) ;;", "  esac", ""])


def _value(option: Option) -> str:
    if option.choices:
        return f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$cur")); return'
    return "_appliance_files; return" if option.is_path else "return"


def _words(nodes: list[Node]) -> str:
    """Words that may stand here."""
    lines = ["  local words='' flags='' files=''", '  case "$at" in']
    for node in nodes:
        words = [child.words[-1] for child in node.children]
        words += [choice for each in node.positionals for choice in each.choices]
        flags = [flag for option in node.options for flag in option.flags]
        files = "1" if any(each.is_path for each in node.positionals) else "''"
        given = f'words="{" ".join(words)}" flags="{" ".join(flags)}" files={files}'
        lines.append(f'    "{_at(node)}") {given} ;;')
    lines += [
        "    *) ;;",
        "  esac",
        '  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$cur")); return; fi',
        '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "  if [[ $files ]]; then _appliance_files; fi",
    ]
    return "\n".join(lines) + "\n"

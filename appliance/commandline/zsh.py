"""Completion for zsh, with what each command and option does beside it."""

from __future__ import annotations

from appliance.commandline.tree import Node, Option

HEAD = """#compdef appliance
# zsh completion for appliance; made by: appliance completion zsh

_appliance() {
  local at=appliance cur=${words[CURRENT]} prev=${words[CURRENT-1]}
  local -i i
  local -a below flags
  local files=
  for ((i = 2; i < CURRENT; i++)); do
    case "$at ${words[i]}" in
"""
TAIL = """  esac
  if [[ $cur == -* ]]; then
    (( ${#flags} )) && _describe -o option flags
    return
  fi
  (( ${#below} )) && _describe command below
  [[ -n $files ]] && _files
  return 0
}

if [[ ${funcstack[1]} == _appliance ]]; then _appliance "$@"; else compdef _appliance appliance; fi
"""


def script(root: Node) -> str:
    """The file `_appliance` of a folder in fpath, or text to be sourced after compinit."""
    nodes = list(root.walk())
    lines = [f"      {_quoted(_at(node))}) at={_quoted(_at(node))} ;;" for node in nodes[1:]]
    for node in nodes:
        lines += [
            f"      {_quoted(f'{_at(node)} {flag}')}) (( i++ )) ;;"
            for option in node.options
            if option.value
            for flag in option.flags
        ]
    lines += ["    esac", "  done", '  case "$at $prev" in', *map(_value, _taking(nodes)), "  esac"]
    lines += ['  case "$at" in', *map(_words, nodes)]
    return HEAD + "\n".join(lines) + "\n" + TAIL


def _taking(nodes: list[Node]) -> list[tuple[str, Option]]:
    return [
        (f"{_at(node)} {flag}", option)
        for node in nodes
        for option in node.options
        if option.value
        for flag in option.flags
    ]


def _value(taking: tuple[str, Option]) -> str:
    key, option = taking
    if option.choices:
        do = f"compadd -- {' '.join(map(_quoted, option.choices))}"
    else:
        do = "_files" if option.is_path else f"_message {_quoted(option.value)}"
    return f"    {_quoted(key)}) {do}; return ;;"


def _words(node: Node) -> str:
    below = [_said(child.words[-1], child.help) for child in node.children]
    below += [_said(choice, each.help) for each in node.positionals for choice in each.choices]
    flags = [_said(flag, option.help) for option in node.options for flag in option.flags]
    files = "1" if any(each.is_path for each in node.positionals) else ""
    return f"    {_quoted(_at(node))}) below=({' '.join(below)}) flags=({' '.join(flags)}) files={files} ;;"


def _at(node: Node) -> str:
    return " ".join(node.words)


def _said(word: str, words: str) -> str:
    """`_describe` splits at the first colon that has no backslash."""
    return _quoted(word.replace(":", "\\:") + ":" + words)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"

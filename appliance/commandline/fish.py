"""Completion for fish."""

from __future__ import annotations

from appliance.commandline.tree import Node, Option

HEAD = """# fish completion for appliance; made by: appliance completion fish

function __appliance_at --description 'Do the words before the cursor lead exactly there?'
    set -l known {known}
    set -l taking {taking}
    set -l words (commandline -opc)
    set -l at appliance
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- "$at $word" $taking
            set skip 1
        else if contains -- "$at $word" $known
            set at "$at $word"
        end
    end
    test "$at" = "$argv"
end

complete -c appliance -f
"""


def script(root: Node) -> str:
    """The file `appliance.fish` of a completions folder."""
    nodes = list(root.walk())
    known = [_quoted(_at(node)) for node in nodes[1:]]
    taking = [
        _quoted(f"{_at(node)} {flag}")
        for node in nodes
        for option in node.options
        if option.value
        for flag in option.flags
    ]
    lines = [line for node in nodes for line in _lines(node)]
    return HEAD.format(known=" ".join(known), taking=" ".join(taking)) + "\n".join(lines) + "\n"


def _lines(node: Node) -> list[str]:
    head = f"complete -c appliance -n {_quoted(f'__appliance_at {_at(node)}')}"
    lines = [f"{head} -a {_quoted(child.words[-1])} -d {_quoted(child.help)}" for child in node.children]
    for each in node.positionals:
        lines += [f"{head} -a {_quoted(choice)} -d {_quoted(each.help)}" for choice in each.choices]
    if any(each.is_path for each in node.positionals):
        lines.append(f"{head} -F")
    return lines + [f"{head} {_option(option)}" for option in node.options]


def _option(option: Option) -> str:
    flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags)
    takes = ""
    if option.value:
        takes = f" -x -a {_quoted(' '.join(option.choices))}" if option.choices else " -x"
        takes = " -r -F" if option.is_path else takes
    return f"{flags}{takes} -d {_quoted(option.help)}"


def _at(node: Node) -> str:
    return " ".join(node.words)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

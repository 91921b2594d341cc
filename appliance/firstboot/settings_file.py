"""Is an `appliance.toml` one that the appliance would start with? Its faults with their lines."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from appliance.config import load
from appliance.config.origins import InvalidConfig
from appliance.errors import ConfigError
from appliance.firstboot.drop import Finding

PARSER_LINE = re.compile(r"\(at line (\d+), column \d+\)")
MAX_FAULTS = 20


def faults(text: str, name: str = "appliance.toml") -> list[Finding]:
    """Every fault of this configuration; none when it is good. The file is not kept."""
    with tempfile.TemporaryDirectory(prefix="appliance-setup-") as folder:
        path = Path(folder) / "appliance.toml"
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        try:
            load.load(path, environ={}, in_memory={})
        except InvalidConfig as error:
            found = [_finding(name, text, each.key, each.what) for each in error.problems[:MAX_FAULTS]]
            return [_without_folder(each, folder) for each in found]
        except ConfigError as error:
            return [_without_folder(_finding(name, text, "", error.message), folder)]
    return []


def _finding(name: str, text: str, key: str, what: str) -> Finding:
    match = PARSER_LINE.search(what)
    number = int(match[1]) if match else line_of(text, key)
    message = f"{key}: {what}" if key else what
    return Finding(name, False, message, "see docs/configuration.md for every key", number)


def _without_folder(finding: Finding, folder: str) -> Finding:
    return Finding(
        finding.file, finding.ok, finding.message.replace(f"{folder}/", ""), finding.hint, finding.line
    )


def line_of(text: str, key: str) -> int:
    """The line in which a dotted key is set, counted from 1; 0 when it cannot be told."""
    if not key:
        return 0
    parts = key.split(".")
    table = ""
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if match := re.match(r"\[\s*([^\[\]]+?)\s*\]", stripped):
            table = match[1].replace('"', "")
            if table == key:
                return number
        elif match := re.match(r"([\w.\"'-]+)\s*=", stripped):
            inner = match[1].replace('"', "").replace("'", "")
            if ".".join(part for part in (table, inner) if part) in {key, ".".join(parts[:-1])}:
                return number
    return 0

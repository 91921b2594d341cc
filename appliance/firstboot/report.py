"""`setup-report.txt`: what became of each file, for who put it there. Pure; never quotes a content."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.firstboot.drop import Finding

HEAD = "What became of the files on this partition\n==========================================\n"
FOOT = (
    "A file with a fault stays here and changes nothing until it is mended: mend it and start the appliance\n"
    "again. Files that were taken over were removed, because they may hold passwords. Removing does not\n"
    "wipe flash memory: if this card or disk leaves the house, change those passwords.\n"
)
MAX_TEXT = 400


def text(findings: Sequence[Finding]) -> str:
    """The report; the same findings give the same text, so that nothing is written twice."""
    faults = [finding for finding in findings if not finding.ok]
    good = [finding for finding in findings if finding.ok]
    blocks = [HEAD]
    if faults:
        blocks.append("".join(["Not taken over:\n", *map(_fault, faults)]))
    if good:
        blocks.append(
            "Taken over:\n" + "".join(f"  {_short(each.file)}: {_short(each.message)}\n" for each in good)
        )
    return "\n".join([*blocks, FOOT]).replace("\n", "\r\n")


def _fault(finding: Finding) -> str:
    where = f"{finding.file or 'this partition'}" + (f", line {finding.line}" if finding.line else "")
    hint = f"    -> {_short(finding.hint)}\n" if finding.hint else ""
    return f"  {_short(where)}: {_short(finding.message)}\n{hint}"


def _short(words: str) -> str:
    one_line = " ".join(words.split())
    shown = "".join(char if char.isprintable() else "?" for char in one_line)
    return shown if len(shown) <= MAX_TEXT else f"{shown[: MAX_TEXT - 1]}…"

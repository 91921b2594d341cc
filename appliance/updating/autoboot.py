"""`autoboot.txt`: which partition the firmware of a Raspberry Pi 5 starts from. Pure.

The file is limited to 512 bytes and knows the filters [all], [none] and [tryboot]; a later value wins, and
[tryboot] holds only in a start with the tryboot flag, which the firmware clears before it uses it.
"""

from __future__ import annotations

import msgspec

MAX_BYTES = 512


class Autoboot(msgspec.Struct, frozen=True):
    """The partitions of the two cases; 0 is the firmware's own choice."""

    always: int
    once: int
    """With the tryboot flag."""
    whole_partitions: bool = True
    """`tryboot_a_b`: a try reads config.txt of the other partition, not tryboot.txt."""

    def partition(self, *, tryboot: bool) -> int:
        """Where a start leads."""
        return self.once if tryboot else self.always


def parse(text: str) -> Autoboot:
    """Read it as the firmware does: what it does not know is passed over, and so is what it cannot read."""
    always = once = 0
    whole = False
    section = "all"
    for line in text[:MAX_BYTES].splitlines():
        entry = line.strip()
        if entry.startswith("[") and entry.endswith("]"):
            section = entry[1:-1].lower()
            continue
        key, separator, value = entry.partition("=")
        if not separator or section not in {"all", "tryboot"} or not value.isascii() or not value.isdigit():
            continue
        if key == "tryboot_a_b":
            whole = value == "1"
        elif key == "boot_partition":
            once = int(value)
            always = int(value) if section == "all" else always
    return Autoboot(always, once, whole)


def render(always: int, once: int) -> bytes:
    """The file."""
    return (f"[all]\ntryboot_a_b=1\nboot_partition={always}\n[tryboot]\nboot_partition={once}\n").encode(
        "ascii"
    )

"""The root is read-only and verified, /data is there and has taken the rest of the disc."""

from __future__ import annotations

from collections.abc import Iterator

from image_checks import Bench, Row

NAME = "root"
HELP = "erofs with dm-verity, read-only; /data on the rest of the disc; identity kept there"
ORDER = 20
WRITABLE = (
    "findmnt -n -r -o TARGET,FSTYPE,OPTIONS --real | awk '$3 ~ /(^|,)rw(,|$)/ {print $1\"=\"$2}' | sort -u"
)
DISC = "/dev/$(lsblk -n -r -o PKNAME $(findmnt -n -o SOURCE /data) | head -n 1)"
LABELS = f"lsblk -n -r -o PARTLABEL {DISC} | grep . | tr '\\n' ' '"


def run(bench: Bench) -> Iterator[Row]:
    """One row a fact."""
    guest = bench.guest
    mount = guest.says("findmnt -n -o FSTYPE,OPTIONS /")
    yield Row(
        "the root is erofs, read-only",
        mount.startswith("erofs") and " ro" in mount.replace(",", " "),
        mount.split(",")[0],
    )
    verity = guest.run("dmsetup table root | cut -d' ' -f3; dmsetup status root")[1].split()
    yield Row(
        "dm-verity watches over it", verity[:1] == ["verity"] and verity[-1:] == ["V"], " ".join(verity)
    )
    refused = guest.run("touch /etc/x /usr/x /opt/appliance/x")[1]
    yield Row("nothing on it can be written", refused.count("Read-only file system") == 3, "", refused)
    data = guest.run("findmnt -n -b -o FSTYPE,SIZE /data")[1].split()
    yield Row(
        "/data is an ext4 that fills the disc",
        data[:1] == ["ext4"] and int(data[1]) > 4 * 10**9,
        " ".join(data),
    )
    same = guest.run("cmp /etc/machine-id /data/system/machine-id && cat /etc/machine-id")
    yield Row("the identity is kept on /data", same[0] == 0, same[1].strip())
    writable = guest.says(WRITABLE)
    wrong = [
        entry
        for entry in writable.split()
        if not entry.startswith(("/data=", "/var/lib/", "/boot/setup=", "/efi="))
    ]
    yield Row(
        "only /data and what is bound to it is writable", not wrong, " ".join(wrong or writable.split())
    )
    slots = guest.says(LABELS)
    yield Row(
        "both slots are there",
        slots.split() == ["esp", "APPLIANCE", "root-a", "verity-a", "root-b", "verity-b", "data"],
        slots,
    )

"""The Raspberry Pi 5's image: what its firmware would start from it, and what the started slot is."""

from __future__ import annotations

from collections.abc import Iterator

import image_pi5_firmware as firmware

from image_checks import Bench, Row

NAME = "pi5"
HELP = "boot partitions as the firmware reads them; verified root; both slots; the module for tries"
ORDER = 20
BOARDS = ("pi5",)
LABELS = ["autoboot", "boot-a", "boot-b", "APPLIANCE", "root-a", "verity-a", "root-b", "verity-b", "data"]
BACKEND = "/opt/appliance/bin/python -I -m appliance.updating.backend"


def run(bench: Bench) -> Iterator[Row]:
    """One row a fact."""
    guest = bench.guest
    found = firmware.start(bench.image)
    yield Row(
        "the firmware starts slot A",
        found.partition.label == "boot-a" and "rauc.slot=A" in found.command_line.split(),
        f"kernel {len(found.kernel) / 1e6:.1f} MB, initrd {len(found.initrd) / 1e6:.1f} MB",
    )
    given = guest.says("cat /proc/cmdline")
    yield Row("with its own command line", found.command_line in given, "", given)
    mount = guest.says("findmnt -n -o FSTYPE,OPTIONS /")
    yield Row(
        "the root is erofs, read-only", mount.startswith("erofs") and " ro" in mount.replace(",", " "), mount
    )
    verity = guest.run("dmsetup status root")[1].split()
    yield Row("dm-verity watches over it", verity[2:4] == ["verity", "V"], " ".join(verity))
    data = guest.run("findmnt -n -b -o FSTYPE,SIZE /data")[1].split()
    yield Row(
        "/data is an ext4 that fills the disc",
        data[:1] == ["ext4"] and int(data[1]) > 4 * 10**9,
        " ".join(data),
    )
    labels = guest.says("lsblk -n -r -o PARTLABEL /dev/vda | grep .").split()
    yield Row("both slots are there", labels == LABELS, " ".join(labels))
    told = guest.run(f"{BACKEND} get-current; {BACKEND} get-primary")
    yield Row("updates know the running and the committed slot", told[1].split() == ["A", "A"], "", told[1])
    machine = guest.says("uname -m; uname -r").split()
    yield Row("64-bit ARM, backports' kernel", machine[:1] == ["aarch64"], " ".join(machine))
    module = guest.run("cat /sys/module/appliance_tryboot/initstate; dmesg | grep appliance_tryboot:")[1]
    yield Row(
        "the module that orders tries is loaded",
        module.startswith("live") and "nothing can be tried" in module,
        module.partition("\n")[0],
        module,
    )

"""Units and settings of the system: sound by systemd's own judgement, and as exposed as the page says.

systemd-analyze comes from a Debian 13 root: the one that `tools/test-cgroup2 --systemd` made, or the folder
that APPLIANCE_TEST_RELEASE names. With APPLIANCE_WRITE_TABLES=1 the table of docs/hardening.md is written
instead of compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checkout import ROOT

UNITS = sorted(
    path
    for path in (ROOT / "systemd").iterdir()
    if re.search(r"\.(service|timer|path|socket|target)$", path.name)
)
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
PAGE = ROOT / "docs/hardening.md"
BEGIN, END = "<!-- exposure: written by tests/test_units.py -->\n", "<!-- end of exposure -->"
MOST = 5.0
"""systemd calls anything above it exposed."""

# Lays the checkout's units over the root, in memory, and runs the rest of the arguments in there.
ENTER = """
set -eu
release=$1 units=$2; shift 2
place=/srv
mount -t tmpfs over "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o "lowerdir=$release,upperdir=$place/upper,workdir=$place/work" over "$place/root"
mount -t proc proc "$place/root/proc"
cp -r "$units"/. "$place/root/usr/lib/systemd/system/"
mkdir -p "$place/root/opt/appliance/bin"
touch "$place/root/opt/appliance/bin/appliance" "$place/root/opt/appliance/bin/python"
chmod 755 "$place/root/opt/appliance/bin/"*
exec chroot "$place/root" "$@"
"""


def release() -> Path | None:
    """A Debian 13 root with systemd in it."""
    named = os.environ.get("APPLIANCE_TEST_RELEASE")
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "appliance/guest"
    found = [Path(named)] if named else sorted(cache.glob("trixie-*"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found and (found[-1] / "usr/bin/systemd-analyze").exists() else None


@pytest.fixture(scope="module")
def analyze() -> list[str]:
    """The beginning of a command that ends in arguments of systemd-analyze."""
    root = release()
    if root is None:
        pytest.skip("no Debian 13 root is here: tools/test-cgroup2 --systemd makes one")
    if os.geteuid() or shutil.which("unshare") is None:
        pytest.skip("a root in a mount namespace needs root and unshare")
    script = ["unshare", "--mount", "sh", "-c", ENTER, "enter", str(root), str(ROOT / "systemd")]
    probe = subprocess.run(
        [*script, "systemd-analyze", "--version"], check=False, capture_output=True, text=True
    )
    if probe.returncode:
        pytest.skip(f"overlay file systems cannot be mounted here: {probe.stderr.strip()[:200]}")
    return [*script, "systemd-analyze"]


def test_there_are_units() -> None:
    assert {"appliance.service", "appliance-firewall.service"} <= {unit.name for unit in SERVICES}


def complaints(text: str) -> list[str]:
    """Lines of `verify` about own units, but for programs of packages that the small root does not have."""
    names = tuple(unit.name for unit in UNITS)
    return [
        line
        for line in text.splitlines()
        if any(name in line for name in names)
        and not re.search(r"Command /usr/\S+ is not executable: No such file", line)
    ]


def test_systemd_finds_no_fault_in_any_unit(analyze: list[str]) -> None:
    names = [unit.name for unit in UNITS]
    done = subprocess.run(
        [*analyze, "verify", "--man=no", *names], check=False, capture_output=True, text=True, timeout=60
    )
    assert complaints(done.stderr) == []


def test_a_fault_would_be_seen(analyze: list[str], tmp_path: Path) -> None:
    (tmp_path / "appliance.service").write_text(
        "[Service]\nExecStart=/opt/appliance/bin/appliance\nProtectAll=yes\n"
    )
    command = [str(tmp_path) if word == str(ROOT / "systemd") else word for word in analyze]
    done = subprocess.run(
        [*command, "verify", "--man=no", "appliance.service"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ["ProtectAll" in line for line in complaints(done.stderr)] == [True]


@pytest.fixture(scope="module")
def exposure(analyze: list[str]) -> dict[str, float]:
    """Service → exposure, 0 (walled in) to 10."""
    found = {}
    for unit in SERVICES:
        command = [*analyze, "security", "--offline=true", "--no-pager", unit.name]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        match = re.search(rf"exposure level for {re.escape(unit.name)}: ([\d.]+)", done.stdout)
        assert match is not None, f"{unit.name}\n{done.stderr}"
        found[unit.name] = float(match[1])
    return found


def written(exposure: dict[str, float]) -> str:
    rows = (f"| `{name}` | {value:.1f} |\n" for name, value in sorted(exposure.items()))
    return "| service | exposure |\n|---|---|\n" + "".join(rows)


def test_the_page_tells_each_exposure(exposure: dict[str, float]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    if os.environ.get("APPLIANCE_WRITE_TABLES"):
        PAGE.write_text(before + BEGIN + written(exposure) + END + after, encoding="utf-8")
    else:
        assert table == written(exposure), "APPLIANCE_WRITE_TABLES=1 writes it anew"


def test_no_service_is_exposed(exposure: dict[str, float]) -> None:
    assert {name: value for name, value in exposure.items() if value > MOST} == {}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_point_to_pages_that_exist(unit: Path) -> None:
    for page in re.findall(
        r"^Documentation=file:\S*/docs/(\S+)", unit.read_text(encoding="utf-8"), flags=re.MULTILINE
    ):
        assert (ROOT / "docs" / page).exists(), page


def test_presets_name_own_units_or_those_of_packages() -> None:
    ours = {unit.name for unit in UNITS}
    for preset in sorted((ROOT / "systemd/preset").glob("80-*.preset")):
        for line in preset.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                verb, name = line.split()
                assert verb in {"enable", "disable"}, f"{preset.name}: {line}"
                assert name in ours or not name.startswith("appliance"), (
                    f"{preset.name}: {name} does not exist"
                )


SETTING = re.compile(r"[a-z][a-z0-9_.]* = \S.*")


def test_kernel_settings_are_well_formed() -> None:
    lines = (ROOT / "etc/sysctl.d/60-appliance.conf").read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in settings if not SETTING.fullmatch(line)] == []
    keys = [line.split(" = ")[0] for line in settings]
    assert len(keys) == len({*keys})


def test_blocked_modules_are_well_formed() -> None:
    lines = (ROOT / "etc/modprobe.d/60-appliance.conf").read_text(encoding="utf-8").splitlines()
    blocked = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in blocked if not re.fullmatch(r"install [a-z0-9_]+ /bin/false", line)] == []
    needed = {
        "snd_usb_audio",
        "usb_storage",
        "uas",
        "vfat",
        "exfat",
        "ext4",
        "erofs",
        "nf_tables",
        "bridge",
        "tun",
    }
    assert not needed & {line.split()[1] for line in blocked}


@pytest.mark.parametrize("file", sorted((ROOT / "image/cmdline").glob("*.conf")), ids=lambda file: file.name)
def test_each_word_for_the_kernel_has_its_reason(file: Path) -> None:
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.=,]+ +# \S.{10,}", line)] == []

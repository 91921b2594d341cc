"""Variables of the boot loader interface, byte for byte."""

from __future__ import annotations

from pathlib import Path

from appliance.updating import efivars

GUID = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"


def test_as_the_boot_loader_reads_it(tmp_path: Path) -> None:
    efivars.write(tmp_path, "LoaderEntryOneShot", "b.efi")
    content = (tmp_path / f"LoaderEntryOneShot-{GUID}").read_bytes()
    assert content == b"\x07\0\0\0" + b"b\0.\0e\0f\0i\0\0\0"
    assert efivars.read(tmp_path, "LoaderEntryOneShot") == "b.efi"


def test_a_shorter_value_leaves_no_tail(tmp_path: Path) -> None:
    efivars.write(tmp_path, "LoaderEntryDefault", "appliance-a.efi")
    efivars.write(tmp_path, "LoaderEntryDefault", "b")
    assert efivars.read(tmp_path, "LoaderEntryDefault") == "b"


def test_the_same_value_is_not_written_again(tmp_path: Path) -> None:
    efivars.write(tmp_path, "LoaderEntryDefault", "a")
    path = efivars.path_of(tmp_path, "LoaderEntryDefault")
    path.chmod(0o400)
    before = path.stat().st_mtime_ns
    efivars.write(tmp_path, "LoaderEntryDefault", "a")
    assert path.stat().st_mtime_ns == before


def test_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert efivars.read(tmp_path, "LoaderEntryDefault") == ""
    efivars.remove(tmp_path, "LoaderEntryDefault")
    efivars.path_of(tmp_path, "LoaderEntryDefault").write_bytes(b"\x07")
    assert efivars.read(tmp_path, "LoaderEntryDefault") == ""

"""Bill of materials, licences and sizes."""

import io
import tarfile
from email.parser import Parser
from pathlib import Path

import pytest

from tools import image_bom

STATUS = """\
Package: libfoo1
Status: install ok installed
Installed-Size: 120
Architecture: amd64
Source: foo (1.0)
Maintainer: Somebody <a@b.example>
Version: 1:1.0-1+b2
Description: a library
 with a second line

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
DEP5 = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: LGPL-2.1+
 long text

Files: debian/*
License: GPL-2+
"""


def test_only_what_is_installed_counts_with_its_licences_and_url() -> None:
    parts = list(image_bom.debian_parts(STATUS, {"libfoo1": DEP5}))
    assert [part.name for part in parts] == ["libfoo1"]
    part = parts[0]
    assert part.purl == "pkg:deb/debian/libfoo1@1%3A1.0-1%2Bb2?arch=amd64&distro=debian-13"
    assert part.licences == ("GPL-2+", "LGPL-2.1+")
    assert part.size_bytes == 120 * 1024


def test_the_sources_copyright_stands_in() -> None:
    assert next(image_bom.debian_parts(STATUS, {"foo": DEP5})).licences == ("GPL-2+", "LGPL-2.1+")


def test_a_free_form_copyright_names_common_licences() -> None:
    text = "It is free.\nSee /usr/share/common-licenses/GPL-2 and /usr/share/common-licenses/Artistic.\n"
    assert image_bom.licences_of_copyright(text) == ("Artistic", "GPL-2")


def test_no_copyright_file_is_said() -> None:
    assert next(image_bom.debian_parts(STATUS, {})).licences == (image_bom.UNKNOWN,)


@pytest.mark.parametrize(
    ("headers", "licences"),
    [
        ("License-Expression: MIT\nLicense: other\n", ("MIT",)),
        ("Classifier: License :: OSI Approved :: Apache Software License\n", ("Apache-2.0",)),
        ("License: BSD-3-Clause\n", ("BSD-3-Clause",)),
        ("Name: x\n", (image_bom.UNKNOWN,)),
    ],
)
def test_licences_of_python_metadata(headers: str, licences: tuple[str, ...]) -> None:
    assert image_bom.python_licence(Parser().parsestr(headers)) == licences


def test_python_distributions_are_found_and_measured(tmp_path: Path) -> None:
    info = tmp_path / "Foo_Bar-1.2.dist-info"
    info.mkdir()
    (tmp_path / "foo.py").write_bytes(b"12345")
    (info / "METADATA").write_text("Name: Foo_Bar\nVersion: 1.2\nLicense-Expression: ISC\n")
    (info / "RECORD").write_text("foo.py,sha256=x,5\nabsent.py,,\n")
    [part] = image_bom.python_parts(tmp_path)
    assert (part.purl, part.size_bytes, part.licences) == ("pkg:pypi/foo-bar@1.2", 5, ("ISC",))


def test_models_that_are_there_are_listed(tmp_path: Path) -> None:
    (tmp_path / "alexa").mkdir()
    (tmp_path / "alexa/a.onnx").write_bytes(b"123")
    entry = '[[model]]\nname="{}"\nengine="openwakeword"\nlicence="CC"\n'
    [part] = image_bom.model_parts(entry.format("alexa") + entry.format("absent"), tmp_path)
    assert (part.name, part.size_bytes, part.licences) == ("alexa", 3, ("CC",))


def test_modules_of_our_own_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "7.3.4+deb13-arm64/updates"
    folder.mkdir(parents=True)
    (folder / "appliance-tryboot.ko").write_bytes(b"x" * 8)
    (part,) = image_bom.module_parts(tmp_path, "0.1.0-dev.1")
    assert part.purl == "pkg:generic/voice-appliance/appliance-tryboot@0.1.0-dev.1"
    assert (part.licences, part.size_bytes, part.kind) == (("GPL-2.0-only",), 8, "module")
    assert list(image_bom.module_parts(tmp_path / "none", "1")) == []


def test_our_modules_are_what_the_list_says() -> None:
    sources = list((Path(__file__).parents[2] / "image/kernel").glob("*.[ch]"))
    assert {file.read_text("utf-8").split("SPDX-License-Identifier: ")[1].split()[0] for file in sources} == {
        "GPL-2.0-only"
    }


def test_the_bill_is_the_same_for_the_same_parts() -> None:
    part = image_bom.Part("a", "1", "pkg:pypi/a@1", ("MIT",), 1, "python")
    one = image_bom.cyclonedx([part], "appliance", "1", 0)
    assert one == image_bom.cyclonedx([part], "appliance", "1", 0)
    assert one["serialNumber"] != image_bom.cyclonedx([part], "appliance", "2", 0)["serialNumber"]
    assert one["components"][0]["licenses"] == [{"license": {"name": "MIT"}}]


def test_copyright_files_too_large_are_left_alone(tmp_path: Path) -> None:
    archive = tmp_path / "copyright.tar"
    with tarfile.open(archive, "w") as tar:
        for name, size in (("./small/copyright", 3), ("./huge/copyright", image_bom.MAX_COPYRIGHT_BYTES + 1)):
            entry = tarfile.TarInfo(name)
            entry.size = size
            tar.addfile(entry, io.BytesIO(b"x" * size))
    assert set(image_bom.copyright_files(archive)) == {"small"}


def test_the_largest_come_first() -> None:
    parts = [image_bom.Part(str(size), "1", "", (), size * 10**6, "python") for size in (1, 3, 2)]
    assert [line.split()[0] for line in image_bom.size_table(parts, 2).splitlines()[:2]] == ["3.0", "2.0"]

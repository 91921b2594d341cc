"""What an image is made of: CycloneDX, the list of licences, and the table of sizes.

From what is there anyway: dpkg's status and copyright files, the metadata of Python distributions, the
manifest of models. Generators that read a finished root need the package database, which the image has not.
Format: CycloneDX 1.6 (ECMA-424), https://cyclonedx.org/docs/1.6/json/.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tarfile
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import Parser
from pathlib import Path
from typing import Any
from urllib.parse import quote

NAMESPACE = uuid.UUID("7f1d2c7e-6a5b-5d0e-9f0a-2b1c3d4e5f60")
UNKNOWN = "see its copyright file"
MAX_COPYRIGHT_BYTES = 4_000_000
CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Trove classifiers of packages that do not yet say it in SPDX."""


@dataclass(frozen=True)
class Part:
    """One thing in the image."""

    name: str
    version: str
    purl: str
    licences: tuple[str, ...]
    size_bytes: int
    kind: str
    """debian, python, model or module."""
    supplier: str = ""


def stanzas(text: str) -> Iterator[dict[str, str]]:
    """Fields of each stanza of a Debian control file; continued lines joined by newlines."""
    for block in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line[:1] in (" ", "\t") and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name, value = line.split(":", 1)
                name = name.strip().lower()
                fields[name] = value.strip()
        if fields:
            yield fields


def licences_of_copyright(text: str) -> tuple[str, ...]:
    """Short names in a machine-readable copyright file (DEP 5); else the common licences it mentions."""
    if "copyright-format/1.0" in text[:2000] or "dep5" in text[:2000]:
        found = {
            fields["license"].splitlines()[0].strip() for fields in stanzas(text) if fields.get("license")
        }
        return tuple(sorted(name for name in found if name))
    return tuple(sorted(set(re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.-]*[A-Za-z0-9])", text))))


def copyright_files(archive: Path) -> dict[str, str]:
    """Package → text of its copyright file."""
    texts = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() and member.size <= MAX_COPYRIGHT_BYTES else None
            if file is not None:
                texts[Path(member.name).parent.name] = file.read().decode("utf-8", "replace")
    return texts


def debian_parts(status: str, texts: Mapping[str, str]) -> Iterator[Part]:
    """Installed packages of dpkg's status file."""
    for fields in stanzas(status):
        if not fields.get("status", "").endswith(" installed"):
            continue
        name, version, architecture = fields["package"], fields["version"], fields["architecture"]
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version, safe='')}?arch={architecture}&distro=debian-13"
        source = fields.get("source", "").split(" ")[0]
        licences = licences_of_copyright(texts.get(name) or texts.get(source, ""))
        size = int(fields.get("installed-size", "0")) * 1024
        yield Part(name, version, purl, licences or (UNKNOWN,), size, "debian", fields.get("maintainer", ""))


def python_licence(metadata: Any) -> tuple[str, ...]:
    """SPDX expression where there is one, else classifiers, else the free field's first line."""
    if metadata["License-Expression"]:
        return (metadata["License-Expression"],)
    named = [
        line.rsplit(" :: ", 1)[-1]
        for line in metadata.get_all("Classifier", [])
        if line.startswith("License ::")
    ]
    names = tuple(CLASSIFIERS.get(name, name) for name in named if name != "OSI Approved")
    free = (metadata["License"] or "").strip().splitlines()
    return names or ((free[0],) if free and len(free[0]) < 80 else (UNKNOWN,))


def python_parts(site: Path) -> Iterator[Part]:
    """Distributions in a site-packages folder; sizes by RECORD."""
    for info in sorted(site.glob("*.dist-info")):
        metadata = Parser().parsestr((info / "METADATA").read_text("utf-8"))
        name, version = metadata["Name"], metadata["Version"]
        purl = f"pkg:pypi/{quote(re.sub(r'[-_.]+', '-', name).lower())}@{quote(version, safe='')}"
        yield Part(name, version, purl, python_licence(metadata), size_by_record(info), "python")


def size_by_record(info: Path) -> int:
    """Bytes of a distribution's files that are there."""
    total = 0
    for line in (info / "RECORD").read_text("utf-8").splitlines():
        path = info.parent / line.rsplit(",", 2)[0].strip('"')
        total += path.stat().st_size if path.is_file() else 0
    return total


def model_parts(manifest: str, models: Path) -> Iterator[Part]:
    """The models that are in the image."""
    for model in tomllib.loads(manifest)["model"]:
        folder = models / model["name"]
        if not folder.is_dir():
            continue
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        version = str(model.get("source", {}).get("version", "0"))
        purl = f"pkg:generic/{quote(model['engine'])}/{quote(model['name'])}@{quote(version, safe='')}"
        yield Part(model["name"], version, purl, (model["licence"],), size, "model")


def module_parts(modules: Path, version: str) -> Iterator[Part]:
    """The kernel's modules of our own, below usr/lib/modules; their sources say the licence."""
    for file in sorted(modules.glob("*/updates/*.ko")):
        purl = f"pkg:generic/voice-appliance/{quote(file.stem)}@{quote(version, safe='')}"
        yield Part(file.stem, version, purl, ("GPL-2.0-only",), file.stat().st_size, "module")


def cyclonedx(parts: list[Part], name: str, version: str, epoch: int) -> dict[str, Any]:
    """The bill of materials; the same input gives the same text."""
    kinds = {"model": "machine-learning-model"}
    components = [
        {
            "type": kinds.get(part.kind, "library"),
            "bom-ref": part.purl,
            "name": part.name,
            "version": part.version,
            "purl": part.purl,
            "licenses": [{"license": {"name": licence}} for licence in part.licences],
            **({"supplier": {"name": part.supplier}} if part.supplier else {}),
        }
        for part in parts
    ]
    serial = uuid.uuid5(NAMESPACE, json.dumps([name, version, components], sort_keys=True))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch, UTC).isoformat(),
            "component": {"type": "operating-system", "bom-ref": name, "name": name, "version": version},
        },
        "components": components,
    }


def licence_list(parts: list[Part]) -> str:
    """One line a part, by kind and name."""
    lines = [f"{part.name} {part.version} ({part.kind}): {', '.join(part.licences)}" for part in parts]
    return "\n".join(lines) + "\n"


def size_table(parts: list[Part], rows: int = 30) -> str:
    """The largest parts, and sums by kind."""
    largest = sorted(parts, key=lambda part: (-part.size_bytes, part.name))[:rows]
    lines = [f"{part.size_bytes / 1e6:8.1f} MB  {part.kind:7} {part.name} {part.version}" for part in largest]
    for kind in ("debian", "python", "model"):
        own = [part.size_bytes for part in parts if part.kind == kind]
        lines.append(f"{sum(own) / 1e6:8.1f} MB  {kind:7} all {len(own)}, as installed; a part is left out")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write NAME.sbom.json, NAME.licences.txt and NAME.sizes.txt."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("status", "copyright", "site", "manifest", "models", "out"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    for name in ("name", "version"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--epoch", required=True, type=int)
    parser.add_argument("--modules", type=Path, help="usr/lib/modules of what is copied over the root")
    given = parser.parse_args()
    parts = list(debian_parts(given.status.read_text("utf-8"), copyright_files(given.copyright)))
    parts += python_parts(given.site)
    parts += model_parts(given.manifest.read_text("utf-8"), given.models)
    if given.modules is not None:
        parts += module_parts(given.modules, given.version)
    bill = cyclonedx(parts, "appliance", given.version, given.epoch)
    for suffix, text in (
        ("sbom.json", json.dumps(bill, indent=1, sort_keys=True) + "\n"),
        ("licences.txt", licence_list(parts)),
        ("sizes.txt", size_table(parts)),
    ):
        (given.out / f"{given.name}.{suffix}").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

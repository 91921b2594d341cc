"""The tree keeps its shape: tests mirror sources, modules stay small, nothing foreign is tracked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.checkout import PACKAGE, ROOT, files, imports, modules, text_files

MAX_MODULE_LINES = 400
MAX_FILE_BYTES = 5_000_000
# Long for a reason.
LONG = {
    "appliance/wire/messages.py": "the one catalogue of messages, read as a whole",
    "appliance/config/model.py": "the one list of settings, read as a whole",
}
# Below this a module may be tested through those that use it.
SMALL_LINES = 40

# Test modules that mirror no single source module, and why.
FOR_THEMSELVES = {
    "tests/budget/test_whole.py": "a language model of a whole appliance, and its memory",
    "tests/firewall/test_connections.py": "the rules of firewall.rules in a kernel",
    "tests/home/test_other_library.py": "devices of another people's library",
    "tests/home/test_real_devices.py": "announcements of well-known programs, through discovery to deeds",
    "tests/judgement/test_invariants.py": "docs/SECURITY_INVARIANTS.md",
    "tests/supervision/test_recognisers.py": "the recognisers' stage as it is started, behind walls",
    "tests/test_docs.py": "the documentation",
    "tests/docs/test_commands.py": "every command of the documentation",
    "tests/docs/test_site.py": "the documentation as a site",
    "tests/test_imports.py": "the layers",
    "tests/test_licences.py": "the licences",
    "tests/test_linters.py": "the linters",
    "tests/test_lock.py": "the locks",
    "tests/test_spine.py": "from a spoken sentence to a done deed, through everything",
    "tests/test_startup.py": "the command from an empty home",
    "tests/test_tree.py": "the tree",
    "tests/test_units.py": "units and settings of the system",
    "tests/satellites/test_attacks.py": "a satellite that misbehaves, at a real broker",
    "tests/satellites/test_hermes_whole.py": "a Hermes satellite of a whole appliance",
    "tests/satellites/test_whole.py": "satellites of a whole appliance",
    "tests/supervision/test_cgroup_limits.py": "the limits of supervision.cgroup on a kernel that has them",
    "tests/timers/test_whole.py": "timers of a whole appliance",
    "tests/web/routes/test_claims.py": "tokens bound to rooms, at a whole appliance",
    "tests/web/routes/test_faults.py": "a whole appliance, broken piece by piece",
    "tests/web/routes/test_guarded.py": "a typed PIN, and other names, in a whole appliance",
    "tests/web/routes/test_model_fetch.py": "a model that is really brought, over the API",
    "tests/web/test_whole.py": "the web process of a whole appliance",
    "tests/web/page/test_files.py": "web.routes.pages and the files that it sends",
    "tests/web/page/test_page.py": "the page in a real browser",
    "tests/web/page/test_whole.py": "the page of a whole appliance",
    "tests/web/talk/test_browser.py": "static/talk in a real browser",
    "tests/web/talk/test_listeners.py": "a hundred who listen to a whole appliance",
    "tests/web/talk/test_whole.py": "talks with a whole appliance",
    "tests/calls/test_whole.py": "calls of a whole appliance",
    "tests/machine_clock/test_units.py": "systemd units and settings for clock, disk and self test",
    "tests/history/test_whole.py": "what was said to a whole appliance",
    "tests/tools/test_commands.py": "the tools as they are called",
    "tests/updating/test_bundles.py": "tools/bundle, and the real RAUC",
    "tests/updating/test_hook.py": "image/bundle's own program",
}
FOLDERS_FOR_THEMSELVES = {
    "contracts": "one a kind of engine, over every engine of the kind",
    "attacks": "what a confined stage may not do, stage by stage",
    "hass": "a real Home Assistant as the other side",
    "image": "the image, its boards and the tools that make it",
    "whole": "the whole appliance",
}

# Written in two halves, so that this file passes its own test.
REGISTRIES = [
    f"{name}.{top}"
    for name, top in [
        *[("pypi", "org"), ("pythonhosted", "org"), ("piwheels", "org"), ("npmjs", "org"), ("npmjs", "com")],
        *[("crates", "io"), ("proxy.golang", "org"), ("deb.debian", "org"), ("archive.ubuntu", "com")],
    ]
]
FOREIGN_PATHS = re.compile(r"(?<![\w.$}/])/(?:work|root|mnt|home/\w+)/[\w.]+")

TEST_MODULES = sorted((ROOT / "tests").rglob("test_*.py"))
SOURCES = modules()


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def mirrored(test: Path) -> list[Path]:
    """Source files that a test module's place and name stand for."""
    folder = test.parent.relative_to(ROOT / "tests")
    name = test.stem.removeprefix("test_")
    if folder.parts[:1] == ("tools",):
        tool = name.replace("_", "-")
        return [
            ROOT / "tools" / tool,
            ROOT / "tools" / name,
            ROOT / "tools" / f"{name}.py",
            *shell_library(tool),
        ]
    return [
        PACKAGE / folder / f"{name}.py",
        PACKAGE / folder / name / "__init__.py",
        ROOT / "tools" / folder / f"{name}.py",
    ]


def shell_library(name: str) -> list[Path]:
    return [ROOT / "tools" / "lib" / f"{name}.sh"]


@pytest.mark.parametrize("test", TEST_MODULES, ids=relative)
def test_every_test_module_mirrors_a_source(test: Path) -> None:
    if (
        relative(test) in FOR_THEMSELVES
        or test.relative_to(ROOT / "tests").parts[0] in FOLDERS_FOR_THEMSELVES
    ):
        return
    places = mirrored(test)
    assert any(place.exists() for place in places), f"none of {', '.join(map(relative, places))} exists"


def imported_by_tests() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        for name in imports(path):
            found |= {name, name.rpartition(".")[0]}
    return found


def own_test(path: Path) -> Path:
    return ROOT / "tests" / path.relative_to(PACKAGE).parent / f"test_{path.stem}.py"


def is_tested(name: str, path: Path, imported: set[str]) -> bool:
    contract = re.fullmatch(r"appliance\.engines\.(wake|vad|stt|llm|tts)\.\w+", name)
    if contract and (ROOT / "tests" / "contracts" / f"test_{contract[1]}.py").exists():
        return True
    return own_test(path).exists() or name in imported


def test_every_module_has_a_test() -> None:
    imported = imported_by_tests()
    large = {name: path for name, path in SOURCES.items() if lines(path) > SMALL_LINES}
    bare = [name for name, path in large.items() if not is_tested(name, path, imported)]
    assert bare == [], "no test mirrors or imports these"


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_modules_stay_small() -> None:
    python = [path for path in files() if path.suffix == ".py"]
    long = {relative(path): lines(path) for path in python if lines(path) > MAX_MODULE_LINES}
    assert {name: count for name, count in long.items() if name not in LONG} == {}
    assert set(LONG) <= set(long), "no longer long: take it off the list"


def test_every_folder_of_the_package_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [relative(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_large_file_is_tracked() -> None:
    assert [relative(path) for path in files() if path.stat().st_size > MAX_FILE_BYTES] == []


def test_no_registry_is_named() -> None:
    """Whoever installs uses their own index."""
    found = {
        f"{relative(path)}: {host}"
        for path in text_files()
        for host in REGISTRIES
        if host in path.read_text(encoding="utf-8", errors="replace")
    }
    assert found == set()


def test_no_foreign_path_is_named() -> None:
    found = {
        f"{relative(path)}: {match[0]}"
        for path in text_files()
        for match in FOREIGN_PATHS.finditer(path.read_text(encoding="utf-8", errors="replace"))
        if path != Path(__file__)
    }
    assert found == set()


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("/work/tree/x", True),
        ("cd /root/.cache", True),
        ('Path("/home/me/models")', True),
        ("$HOME/.cache/appliance", False),
        ("docs/work/home.md", False),
        ("/var/lib/appliance", False),
        ("hide /root, /mnt and /home", False),
        ("../shared/audio", False),
    ],
)
def test_foreign_paths_are_recognised(text: str, foreign: bool) -> None:
    assert (FOREIGN_PATHS.search(text) is not None) == foreign

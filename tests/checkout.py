"""What lies in this checkout, for the tests that look at the repository itself."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "appliance"
SKIPPED = {".git", ".venv", "__pycache__", "build", "dist"}


def files() -> list[Path]:
    """Every file that is tracked or would be; without git, every file outside caches."""
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = {ROOT / name for name in listed.split("\0") if name}
    else:
        everything = ((path, path.relative_to(ROOT).parts) for path in ROOT.rglob("*"))
        found = {path for path, parts in everything if not any(map(_skipped, parts))}
    return sorted(path for path in found if path.is_file())


def _skipped(part: str) -> bool:
    return part in SKIPPED or part.endswith("_cache") or part == ".hypothesis"


def text_files() -> list[Path]:
    """Those of `files()` that are UTF-8 text."""
    return [path for path in files() if b"\0" not in path.read_bytes()[:8_192]]


def shell_scripts() -> list[Path]:
    """Files whose first line names a shell."""
    return [path for path in files() if re.match(rb"#!.*\b(ba|da)?sh\b", path.read_bytes()[:80])]


def modules() -> dict[str, Path]:
    """Dotted name → file of every module of the package."""
    return {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def dotted(path: Path) -> str:
    """appliance/audio/pcm.py → appliance.audio.pcm."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Dotted names that a file imports anywhere in it, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they point"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_imports(path: Path, known: dict[str, Path]) -> set[str]:
    """Modules of the package that a file imports; `from a import b` is a.b where that is a module, else a."""
    own = set()
    for name in imports(path):
        if name.split(".")[0] != "appliance":
            continue
        own.add(name if name in known else name.rpartition(".")[0])
    return own

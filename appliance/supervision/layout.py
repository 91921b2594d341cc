"""Look at this machine and this installation: what a sandbox has to show."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import appliance
from appliance.supervision import sandbox

TOP_LEVEL = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/sys/devices/system/cpu")
"""What libraries read: where libraries lie, which of several, how many cores of which kind."""
SOUND_SETTINGS = ("/etc/alsa", "/etc/asound.conf", "/etc/group")
MAX_LINKS = 40


def python_command() -> tuple[str, ...]:
    """This interpreter, deaf to its environment, to the user's packages and to the current folder."""
    return (sys.executable, "-I", "-B")


def links(path: str) -> list[tuple[str, str]]:
    """Every hop (target, path) of a chain of symbolic links, at most 40."""
    hops: list[tuple[str, str]] = []
    while len(hops) < MAX_LINKS and Path(path).is_symlink():
        target = str(Path(path).readlink())
        hops.append((target, path))
        path = os.path.normpath(Path(path).parent / target)
    return hops


def look() -> sandbox.Layout:
    """The layout of this machine now; call again when devices may have come or gone."""
    trees, hops = sandbox.python_trees(sys.executable, sys.prefix, sys.base_prefix, links(sys.executable))
    real_base = os.path.realpath(sys.base_prefix)
    package = Path(appliance.__file__).resolve().parent
    top_links = [(str(Path(path).readlink()), path) for path in TOP_LEVEL if Path(path).is_symlink()]
    top_trees = [path for path in TOP_LEVEL if Path(path).is_dir() and not Path(path).is_symlink()]
    shown = ["/usr", *top_trees, *trees, real_base, str(package), *sandbox.existing(SETTINGS)]
    return sandbox.Layout(
        read_only=tuple(_outermost(shown)),
        listed=(str(package.parent),),
        symlinks=(*top_links, *hops),
        sound=sandbox.existing(("/dev/snd",)),
        sound_settings=sandbox.existing(SOUND_SETTINGS),
    )


def _outermost(paths: list[str]) -> list[str]:
    """Without repetitions and without what lies inside another one."""
    unique = list(dict.fromkeys(paths))
    return [path for path in unique if not any(path.startswith(other + "/") for other in unique)]


def rlimit_ceilings() -> tuple[int, int, int]:
    """Hard limits of this process: NOFILE, FSIZE, DATA."""
    kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_DATA)
    nofile, size, data = (_finite(resource.getrlimit(kind)[1]) for kind in kinds)
    return nofile, size, data


def _finite(limit: int) -> int:
    return 2**62 if limit == resource.RLIM_INFINITY else limit


def private_places(data: str) -> tuple[str, ...]:
    """Trees that no model path may contain: the data folder, the home, this program's settings."""
    return (data, str(Path.home()), "/etc/appliance")

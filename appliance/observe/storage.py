"""The disk in one place: wear, free space, temperature, what is written, whether it can be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from appliance.observe import wear, writes
from appliance.observe.machine import Machine
from appliance.observe.wear import Look, Notice, Storage, WearAlerts
from appliance.observe.writes import Pace, Store, Writes


class StorageWatch:
    """`take` every few seconds, in a thread: it reads files of the kernel, now and then tries to write."""

    def __init__(self, data: Path, root: Path = Path("/"), probed: Path = wear.STORAGE) -> None:
        """`root` is where /sys is; `probed` what `wear_probe` writes."""
        self._data = data
        self._root = root
        self._probed = probed
        self._store = Store(data)
        self._writes = Writes()
        self._alerts = WearAlerts()
        self._storage: Storage | None = None
        self.writable = True
        """Can the data be written? For `alerts.Sample.store_writable`."""
        self.pace = Pace()
        self.notices: tuple[Notice, ...] = ()
        """The problems "disk", "space" and "temperature"."""

    def take(self, machine: Machine, now: float) -> None:
        """One look, at `now` in seconds of a monotonic clock."""
        self.writable = self._store.writable(now)
        self.pace = self._writes.take(writes.disk_bytes(self._data, self._root), now)
        self._storage = wear.read(self._probed)
        look = Look(self._storage, machine.temperature_c, machine.disk_free_mb)
        self.notices = self._alerts.take(look, now)

    def status(self) -> dict[str, Any]:
        """What `appliance status` shows; MB are millions of bytes."""
        drives = self._storage.drives if self._storage is not None else ()
        return {
            "writable": self.writable,
            "written": msgspec.to_builtins(self.pace),
            "drives": [msgspec.to_builtins(drive) for drive in drives],
            "problems": [msgspec.to_builtins(notice) for notice in self.notices if notice.on],
        }

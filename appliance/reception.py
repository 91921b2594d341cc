"""All that the local socket can be asked, put together."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from appliance.budget.requests import BudgetRequests
from appliance.control import Handler
from appliance.devices_requests import DevicesRequests
from appliance.firstboot.requests import SetupRequests
from appliance.judgement.requests import JudgementRequests
from appliance.models_requests import ModelsRequests
from appliance.requests import Requests
from appliance.rooms import Rooms
from appliance.satellites.credentials import Credentials
from appliance.satellites.requests import SatelliteRequests
from appliance.settings_requests import Origins, SettingsRequests
from appliance.setup_requests import HouseRequests
from appliance.timers.starting import StartRequests
from appliance.updating.requests import UpdateRequests

if TYPE_CHECKING:
    from appliance.daemon import Appliance

Reload = Callable[[], Awaitable[None]]


def handlers(
    appliance: Appliance,
    rooms: Rooms,
    models: ModelsRequests,
    *,
    fixed: tuple[str, ...],
    reload: Reload | None,
    origins: Origins | None,
) -> dict[str, Handler]:
    """By the name of the request. `fixed` are the sections that only a restart takes over."""
    tables = [
        Requests(appliance).handlers(),
        rooms.handlers(),
        Credentials(appliance.data, appliance.config, appliance.broker, appliance.client).handlers(),
        JudgementRequests(appliance.judge, appliance.timers.forget).handlers(),
        appliance.records.handlers(),
        appliance.observer.handlers(),
        SetupRequests(data=appliance.data).handlers(),
        UpdateRequests(appliance.updates).handlers(),
        DevicesRequests(appliance.judge, appliance.spoken, appliance.conductor, time.monotonic).handlers(),
        SettingsRequests(appliance, reload, origins, fixed=fixed).handlers(),
        BudgetRequests(
            lambda: appliance.config, appliance.supervisor.planned, appliance.status, os.getpid()
        ).handlers(),
        HouseRequests(appliance, appliance.data, reload, renamed=appliance.web.renamed).handlers(),
        SatelliteRequests(appliance.hub, appliance.conductor).handlers(),
        StartRequests(appliance.timers).handlers(),
        models.handlers(),
    ]
    if appliance.presence is not None:
        tables.append(appliance.presence.handlers())
    return {name: handler for table in tables for name, handler in table.items()}

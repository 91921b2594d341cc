"""The routes, joined: pure composition."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from appliance.web import routes
from appliance.web.context import Context
from appliance.web.problems import HANDLERS


def all_routes() -> list[Any]:
    """Of every module under `routes`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(routes.__path__))
    modules = [importlib.import_module(f"{routes.__name__}.{name}") for name in names]
    return [route for module in modules for route in module.ROUTES]


def make(context: Context) -> Litestar:
    """The application."""
    return Litestar(
        all_routes(),
        dependencies={"context": Provide(lambda: context, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        on_startup=[context.start],
        on_shutdown=[context.stop],
        openapi_config=OpenAPIConfig(
            title="Voice appliance", version=context.settings.version, path="/schema"
        ),
        logging_config=None,
    )

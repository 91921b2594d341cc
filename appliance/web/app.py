"""The routes, joined: pure composition. What `make` gives is guarded; see `access`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from litestar import Litestar, Router
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from appliance.observe.served import Counted
from appliance.web import routes
from appliance.web.access.gate import Gate
from appliance.web.access.guard import check_routes, guard
from appliance.web.access.headers import SESSION_COOKIE
from appliance.web.access.keeper import Keeper
from appliance.web.access.owner import Owner
from appliance.web.context import Context
from appliance.web.document import ClosedStructs
from appliance.web.problems import HANDLERS
from appliance.web.services import services


def all_routes() -> list[Any]:
    """Of every module under `routes`, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(routes.__path__))
    modules = [importlib.import_module(f"{routes.__name__}.{name}") for name in names]
    return [route for module in modules for route in module.ROUTES]


def make(context: Context, *, tls: bool = False) -> Litestar:
    """The application; `tls`: it is reached by TLS. Raises ControlError, ConfigError."""
    keeper = Keeper(context.settings, tls=tls)
    owner = Owner(keeper, context)
    app = Litestar(
        all_routes(),
        dependencies={
            "context": Provide(lambda: context, sync_to_thread=False),
            "access": Provide(lambda: keeper, sync_to_thread=False),
            "owner": Provide(lambda: owner, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        plugins=[ClosedStructs()],
        guards=[guard],
        request_max_body_size=context.settings.web.max_body_kb * 1024,
        on_startup=[context.start, services(context).start],
        on_shutdown=[services(context).stop, context.stop],
        openapi_config=_openapi(context.settings.version),
        logging_config=None,
    )
    check_routes(app)
    app.asgi_handler = Counted(Gate(app.asgi_handler, keeper), services(context).served)  # type: ignore[assignment]
    return app


def _openapi(version: str) -> OpenAPIConfig:
    """The document alone: pages that show it would be fetched from elsewhere."""
    schemes = {
        "token": SecurityScheme(type="http", scheme="bearer", description="appliance token create --scope …"),
        "session": SecurityScheme(
            type="apiKey", name=SESSION_COOKIE, security_scheme_in="cookie", description="POST /api/login"
        ),
    }
    return OpenAPIConfig(
        title="Voice appliance",
        version=version,
        openapi_router=Router("/schema", route_handlers=[], opt={"scope": None}),
        render_plugins=[JsonRenderPlugin()],
        components=Components(security_schemes=schemes),  # type: ignore[arg-type]
        security=[{"token": []}, {"session": []}],
    )

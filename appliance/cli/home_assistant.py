"""`appliance home-assistant show | remove`: what is announced there, and how to leave no trace."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.config.model import Config

NAME = "home-assistant"
HELP = "show what is announced to Home Assistant, or take it back"
CONNECT_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    actions.add_parser("show", help="every entity, by its discovery topic")
    actions.add_parser("remove", help="take everything back; the next start announces it again")


def run(arguments: argparse.Namespace) -> int:
    """Do it; the exit status."""
    from appliance.config import load

    config = load.load(arguments.config, os.environ).config
    if arguments.action == "remove":
        return _remove(config, as_json=arguments.json)
    return _show(config, as_json=arguments.json)


def _show(config: Config, *, as_json: bool) -> int:
    from appliance.presence import remembered

    announced = remembered.read(remembered.path_of(Path(config.paths.data)))
    for topic, components in sorted(announced.items()):
        if not as_json:
            print(topic)
        for object_id, component in components.items():
            line = {"topic": topic, "component": component, "object_id": object_id}
            print(json.dumps(line) if as_json else f"  {component:<14} {object_id}")
    if not announced and not as_json:
        print("nothing is announced")
    return 0


def _remove(config: Config, *, as_json: bool) -> int:
    """Through the running appliance, or, while none runs, straight at the broker."""
    answer = asyncio.run(_removed(config))
    if as_json:
        print(json.dumps(answer))
    else:
        print(f"{answer['topics']} announcements are taken back")
        print('the next start announces them again, unless home.discovery_form = "none"')
    return 0


async def _removed(config: Config) -> dict[str, Any]:
    from appliance.control import ControlClient, socket_path
    from appliance.errors import ControlError

    path = socket_path(Path(config.paths.data))
    if path.exists():
        try:
            async with ControlClient(path) as client:
                return await client.ask("home_assistant_remove")
        except ControlError as error:
            if not error.message.startswith("no appliance runs"):
                raise
    return await _at_the_broker(config)


async def _at_the_broker(config: Config) -> dict[str, Any]:
    from appliance.errors import HomeError
    from appliance.mqtt.address import client_id, resolve
    from appliance.mqtt.client import MqttClient
    from appliance.presence.leaving import leave
    from appliance.tasks import end

    if config.mqtt.host == "embedded":
        raise HomeError("the appliance's own broker is not running", "start the appliance: appliance run")
    own_id = client_id(config.mqtt)
    client = MqttClient(config.mqtt, resolve(config.mqtt), f"{own_id}-remove")
    connection = asyncio.create_task(client.run())
    try:
        if not await client.wait_connected(CONNECT_SECONDS):
            raise HomeError(
                f"the broker cannot be reached: {client.connection.reason}", client.connection.hint
            )
        return {"topics": await leave(client, config, own_id)}
    finally:
        await end(connection)

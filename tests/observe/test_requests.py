"""The figures over the local socket."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.control import ControlClient, ControlServer
from appliance.errors import ControlError
from appliance.observe.exposition import CONTENT_TYPE
from appliance.observe.requests import LogRequests, MetricsRequests
from appliance.observe.ring import Ring
from tests.observe.test_metrics import full
from tests.observe.test_ring import keep


async def test_text_and_samples_fresh(tmp_path: Path) -> None:
    metrics, refreshed = full(), []

    async def refresh() -> None:
        refreshed.append(1)
        metrics.catalogue.queue_depth.set(len(refreshed), "fresh")

    server = ControlServer(
        tmp_path / "c.sock", MetricsRequests(metrics, refresh).handlers(), lambda _: lambda: None
    )
    await server.start()
    try:
        async with ControlClient(tmp_path / "c.sock") as client:
            text = await client.ask("metrics")
            samples = await client.ask("metrics", form="samples")
            with pytest.raises(ControlError, match="text, samples"):
                await client.ask("metrics", form=["xml"])
    finally:
        await server.stop()
    assert text["content_type"] == CONTENT_TYPE
    assert 'appliance_queue_depth{queue="fresh"} 1\n' in text["text"]
    assert {"name": "appliance_queue_depth", "labels": {"queue": "fresh"}, "value": 2.0} in samples["samples"]
    assert len(refreshed) == 2


async def test_pages_of_the_log_fit_the_socket(tmp_path: Path) -> None:
    ring = Ring()
    for number in range(120):
        # As much as a line may hold, of what takes most room on the way.
        facts = {f"fact{each}": "\U0001f300" * 10_000 for each in range(40)}
        keep(ring, "%d %s", number, "\x01" * 10_000, **facts)
    server = ControlServer(tmp_path / "c.sock", LogRequests(ring).handlers(), lambda _: lambda: None)
    await server.start()
    found: list[str] = []
    after, more = 0, True
    try:
        async with ControlClient(tmp_path / "c.sock") as client:
            while more:
                page = await client.ask("logs", after=after)
                found += page["lines"]
                after, more = page["next"], page["more"]
            for wrong in (-1, "x", True, None, 1.5):
                with pytest.raises(ControlError, match="after"):
                    await client.ask("logs", after=wrong)
    finally:
        await server.stop()
    numbers = [int(json.loads(line)["message"].split()[0]) for line in found]
    assert after == 120
    assert numbers == list(range(120 - len(numbers), 120))
    assert len(numbers) > 10

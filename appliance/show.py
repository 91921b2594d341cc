"""The terminal view: `python -m appliance.show SOCKET [--demo] [--once]`, a child of `appliance run`.

A process of its own, so that the supervisor carries neither rich nor the demonstrator's voice. It watches
the running appliance over its local socket and prints each turn as it happens.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from appliance import demonstration
from appliance.control import ControlClient, Notes
from appliance.errors import ApplianceError
from appliance.pipeline.places import LOCAL
from appliance.pipeline.summary import Summary
from appliance.pipeline.trace import TurnNote
from appliance.supervision.lines import clean

START_SECONDS = 120.0
LOOK_SECONDS = 0.1
ENDED = 128 + signal.SIGTERM
MAX_SHOWN = 2_000


class View:
    """Prints turns as they happen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._turns: dict[int, Summary] = {}
        self._shown = 0
        self._hearing = console.status("")

    def stages(self, status: dict[str, Any]) -> None:
        """The table of stages at start."""
        table = Table(title="Stages", title_justify="left", box=None, padding=(0, 2))
        for column in ("stage", "engine", "state", "memory", "what"):
            table.add_column(column, style="bold" if column == "stage" else "")
        for stage in status["stages"]:
            memory = f"{stage['memory_mb']:.0f} MB" if stage.get("memory_mb") else ""
            detail = _safe(stage["detail"])
            table.add_row(stage["name"], stage["engine"], stage["state"], memory, detail)
        for name, why in status["absent"].items():
            table.add_row(name, "", "[yellow]not yet[/]", "", _safe(why["message"]))
        self._console.print(table)
        sandbox = status["sandbox"]
        broker = f"{status['mqtt']['host']}:{status['mqtt']['port']}"
        entities = status["home"]["entities"]
        self._console.print(f"sandbox [bold]{sandbox['level']}[/] · broker {broker} · {entities} entities")

    def note(self, note: TurnNote) -> None:
        """One line for what just happened."""
        if note.kind == "stage":
            return
        turn = self._turns.setdefault(note.turn, Summary(turn=note.turn))
        turn.take(note)
        self._show_hearing(note)
        self._heading(note)
        text = _line(note, turn)
        if text:
            since_ms = note.at_ms - turn.started_ms
            self._console.print(f"  [dim]{since_ms:>6} ms[/]  {text}")
        if turn.over:
            del self._turns[note.turn]

    def _heading(self, note: TurnNote) -> None:
        """Whose lines follow: rooms may speak at the same time."""
        if note.turn != self._shown:
            self._shown = note.turn
            where = "" if note.site == LOCAL else f" in {_safe(note.site)}"
            self._console.print(f"\n[bold cyan]turn {note.turn}{where}[/]")

    def _show_hearing(self, note: TurnNote) -> None:
        """What is being said, on a line of its own that goes when it is over (on a terminal only)."""
        if note.kind in {"listening", "partial"}:
            self._hearing.update(f"hearing  [dim]{_safe(note.data.get('text', '…'))}[/]")
            self._hearing.start()
        elif note.kind in {"transcript", "done"}:
            self.close()

    def close(self) -> None:
        """Give the terminal back its cursor."""
        self._hearing.stop()


def _safe(text: object) -> str:
    """Names, sentences and details come from devices and models: neither markup nor the terminal's codes."""
    return escape(clean(str(text), MAX_SHOWN))


def _line(note: TurnNote, turn: Summary) -> str:
    """What a person wants to read about this note; empty for nothing."""
    data = {key: _safe(value) if isinstance(value, str) else value for key, value in note.data.items()}
    match note.kind:
        case "wake":
            return f"wake     [bold]{data['word']}[/] [dim](score {data['score']:.2f})[/]"
        case "endpoint":
            return "[dim]silence  the speaker is done[/]"
        case "transcript":
            return (
                f"heard    “{data['text']}” [dim](+{data['ms']:.0f} ms)[/]"
                if data["text"]
                else "heard    [yellow]nothing it knows[/]"
            )
        case "intent":
            return f"meant    {data['intent'] or '[yellow]no intent[/]'} [dim]({data['ms']:.1f} ms)[/]"
        case "deed" if data["done"]:
            return f"done     [green]{data['name']}[/] confirmed [dim]({data['ms']:.0f} ms)[/]"
        case "deed":
            return f"done     [red]{data['name']}: {data['reason']}[/]"
        case "reply":
            return f"said     “{data['text']}”"
        case "first_audio":
            after = "end of speech" if turn.speech_end_ms else "the question"
            return f"sound    first audio [bold]{turn.latency_ms} ms[/] after {after}"
        case "done" if data["outcome"] != "answered":
            return f"[yellow]{data['outcome']}[/]"
        case _:
            return ""


async def _listening(client: ControlClient, console: Console) -> dict[str, Any]:
    """Wait until the appliance listens; its status."""
    waited = 0.0
    with console.status("starting the stages…"):
        while waited < START_SECONDS:
            status = await client.ask("status")
            if status["listening"] or status["muted"]:
                return status
            await asyncio.sleep(LOOK_SECONDS)
            waited += LOOK_SECONDS
    raise ApplianceError("the stages are not ready after two minutes", "see: appliance status")


class Watched:
    """The notes, each shown before it is handed on."""

    def __init__(self, notes: Notes, view: View) -> None:
        self._notes = notes
        self._view = view

    def __aiter__(self) -> Watched:
        return self

    async def __anext__(self) -> dict[str, Any]:
        raw = await anext(self._notes)
        self._view.note(msgspec.convert(raw, TurnNote))
        return raw


async def _demonstrate(client: ControlClient, notes: AsyncIterator[dict[str, Any]], console: Console) -> bool:
    """Run the demonstration; True when nothing is wrong."""
    complaints = 0
    async for verdict in demonstration.demonstrate(client, notes):
        if verdict.complaint:
            complaints += 1
            console.print(f"  [red]✗ “{verdict.sentence.text}”: {_safe(verdict.complaint)}[/]")
        else:
            console.print("  [green]✓[/]")
    total = len(demonstration.SENTENCES)
    style = "red" if complaints else "green"
    console.print(f"\n[{style}]{total - complaints} of {total} sentences heard, done and answered aloud[/]")
    return not complaints


async def show(path: Path, *, demo: bool, once: bool) -> int:
    """Watch until the appliance goes; the exit status."""
    _end_on_sigterm()
    console = Console(highlight=False, emoji=False)
    view = View(console)
    with contextlib.closing(view):
        return await _watch(path, view, console, demo=demo, once=once)


def _end_on_sigterm() -> None:
    """The appliance ends its view so; what hides the cursor must still be undone."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


async def _watch(path: Path, view: View, console: Console, *, demo: bool, once: bool) -> int:
    async with ControlClient(path) as watcher, ControlClient(path) as client:
        status = await _listening(client, console)
        view.stages(status)
        notes = Watched(await watcher.watch(), view)
        if demo:
            good = await _demonstrate(client, notes, console)
            if once:
                return 0 if good else 1
        console.print("\n[bold]Listening.[/] Ctrl+C ends it.")
        async for _ in notes:
            pass
    return 0


def main() -> int:
    """Parse, watch, and leave quietly."""
    parser = argparse.ArgumentParser(prog="appliance.show")
    parser.add_argument("socket", type=Path)
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--once", action="store_true")
    arguments = parser.parse_args()
    # Ctrl+C reaches the whole foreground group; the appliance decides when this view ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return asyncio.run(show(arguments.socket, demo=arguments.demo, once=arguments.once))
    except ApplianceError as error:
        print(f"appliance: {error}", file=sys.stderr)
        return 1
    except asyncio.CancelledError:
        return ENDED


if __name__ == "__main__":
    sys.exit(main())

"""What was kept: the audit (never words), the history (words, where somebody wants that), the log."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.params import Parameter

from appliance.observe import entries
from appliance.observe.entries import Wanted
from appliance.web.answers import route
from appliance.web.context import Context

TAG = "records"
MAX_ROWS = 1_000
MAX_LOG_LINES = 2_000
MAX_PAGES = 40
Since = Annotated[float, Parameter(ge=0, le=1e11, description="seconds since 1970")]
Limit = Annotated[int, Parameter(ge=1, le=MAX_ROWS, description="so many at most, the newest")]


class AuditRow(msgspec.Struct, frozen=True):
    """Who had what done, where, and what came of it."""

    at: float
    outcome: str
    what: str
    entity: str
    room: str
    who: str
    source: str
    confidence: float
    reason: str


class Exchange(msgspec.Struct, frozen=True):
    """A sentence and its answer."""

    at: float
    room: str
    words: str
    answer: str
    done: bool


class History(msgspec.Struct, frozen=True):
    """What was said, if it is kept at all (`history.days`)."""

    kept: bool
    rows: list[Exchange]


class Cleared(msgspec.Struct, frozen=True):
    """So many rows are gone."""

    cleared: int


class LogEntry(msgspec.Struct, frozen=True):
    """One line of the log; it never holds what was said."""

    message: str
    at: float | None
    level: str
    component: str
    stage: str
    trace_id: str
    session_id: str
    latency_ms: float | None
    exception: list[str]
    fields: dict[str, Any]


@route("GET /api/audit", "admin", TAG, "Who had what done")
async def audit(
    context: Context,
    since: Since = 0.0,
    person: Annotated[str, Parameter(max_length=200, description="only this one")] = "",
    limit: Limit = 100,
) -> list[AuditRow]:
    """Never the words, and no data of a deed."""
    told = await context.ask("audit_list", since=since, person=person, limit=limit)
    return msgspec.convert(told["rows"], list[AuditRow])


@route("DELETE /api/audit", "admin", TAG, "Forget the audit")
async def audit_clear(context: Context) -> Cleared:
    """All of it."""
    return msgspec.convert(await context.ask("audit_clear"), Cleared)


@route("GET /api/history", "admin", TAG, "What was said, where that is kept")
async def history(context: Context, since: Since = 0.0, limit: Limit = 100) -> History:
    """Without `history.days` nothing is kept, and this is empty."""
    return msgspec.convert(await context.ask("history_list", since=since, limit=limit), History)


@route("DELETE /api/history", "admin", TAG, "Forget what was said")
async def history_clear(context: Context) -> Cleared:
    """All of it."""
    return msgspec.convert(await context.ask("history_clear"), Cleared)


@route("GET /api/logs", "read", TAG, "The newest lines of the log")
async def logs(
    context: Context,
    trace: Annotated[
        str,
        Parameter(
            max_length=32, pattern=r"^([0-9a-f]{4,32})?$", description="of one turn: its id's beginning"
        ),
    ] = "",
    errors: Annotated[bool, Parameter(description="only errors")] = False,
    slower_than_ms: Annotated[
        float, Parameter(ge=0, le=1e9, description="only what took longer; 0: everything")
    ] = 0.0,
    limit: Annotated[int, Parameter(ge=1, le=MAX_LOG_LINES, description="so many at most")] = 200,
) -> list[LogEntry]:
    """From the memory of the running appliance, the oldest first; older ones: `appliance logs`."""
    wanted = Wanted(trace=trace, errors=errors, slower_than_ms=slower_than_ms or None)
    found: list[LogEntry] = []
    after = 0
    for _ in range(MAX_PAGES):
        page = await context.ask("logs", after=after)
        read = (entries.from_line(line.encode()) for line in page["lines"])
        found += [_shown(entry) for entry in read if wanted.fits(entry)]
        after = page["next"]
        if not page["more"]:
            break
    return found[-limit:]


def _shown(entry: entries.Entry) -> LogEntry:
    return msgspec.convert(msgspec.to_builtins(entry), LogEntry)


ROUTES: list[Any] = [audit, audit_clear, history, history_clear, logs]

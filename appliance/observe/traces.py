"""Turns as OpenTelemetry traces, sent by OTLP/HTTP where `observe.otlp_url` says. Never the words.

One trace a turn, with the `trace_id` of the log; a span for each step that somebody waited for, an event for
each other one. The SDK is an extra (`appliance[otlp]`), imported only here and only when one is wanted. It
runs in the appliance's own process, where it adds 8 MB (another one would take 25), with a thread of its own.
What cannot be sent waits in a bounded queue, whose oldest spans go first; nothing ever waits for the network.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from appliance.errors import ApplianceError
from appliance.observe.steps import Step
from appliance.wire.notes import Note

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

LOG = logging.getLogger(__name__)
PATH = "/v1/traces"
MAX_TURNS = 64
QUEUE_SPANS = 512
BATCH_SPANS = 128
SEND_SECONDS = 5.0
CLOSE_SECONDS = 2.0
SPANS = frozenset({"endpoint", "transcript", "intent", "deed", "first_audio"})
FACTS = ("source", "outcome", "name", "score", "deeds", "reply_ms", "total_ms")
NS = 1_000_000_000
Ids = Callable[[str, int], dict[str, object]]
"""`trace_id` and `session_id` of a turn: (site, turn)."""


class Traces:
    """`take` each step of a note; `close` at the end."""

    def __init__(
        self,
        url: str,
        ids: Ids,
        version: str,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        send_every_seconds: float = SEND_SECONDS,
    ) -> None:
        """Raises ApplianceError when the extra is missing, or that is no address."""
        self._ids = ids
        self._wall_ns = wall_ns
        self._turns: OrderedDict[tuple[str, int], Span] = OrderedDict()
        self._next_trace = 0
        self._provider = self._made(endpoint(url), version, send_every_seconds)
        self._tracer = self._provider.get_tracer("appliance.turns")

    def _made(self, where: str, version: str, every_seconds: float) -> TracerProvider:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
        except ImportError as error:
            raise ApplianceError(
                f"traces need a library that is missing: {error.name}", "pip install 'appliance[otlp]'"
            ) from error
        traces = self

        class Known(RandomIdGenerator):
            """The log's number for a turn."""

            def generate_trace_id(self) -> int:
                return traces._next_trace

        facts = {"service.name": "appliance", "service.version": version}
        provider = TracerProvider(resource=Resource(facts), id_generator=Known(), shutdown_on_exit=False)
        provider.add_span_processor(
            BatchSpanProcessor(
                OTLPSpanExporter(where, timeout=SEND_SECONDS),
                max_queue_size=QUEUE_SPANS,
                max_export_batch_size=BATCH_SPANS,
                schedule_delay_millis=every_seconds * 1000,
            )
        )
        return provider

    def take(self, note: Note, step: Step | None) -> None:
        """A note, and what is known of it without its words."""
        if step is None or step.kind == "partial":
            return
        now, key = self._wall_ns(), (note.site, note.turn)
        root = self._turns.get(key)
        if root is None:
            root = self._begun(key, now)
        waited = round((step.latency_ms or 0.0) / 1000 * NS)
        if step.kind == "done":
            del self._turns[key]
            root.set_attributes(_facts(step))
            root.end(now)
        elif step.kind in SPANS and step.latency_ms is not None:
            self._span(root, step, now - waited, now)
        else:
            root.add_event(step.kind, _facts(step), now)

    def _begun(self, key: tuple[str, int], now: int) -> Span:
        from opentelemetry.context import Context

        ids = self._ids(*key)
        self._next_trace = int(str(ids["trace_id"]), 16)
        session = {"session.id": str(ids["session_id"]), "appliance.site": key[0]}
        root = self._turns[key] = self._tracer.start_span(
            "turn", context=Context(), start_time=now, attributes=session
        )
        while len(self._turns) > MAX_TURNS:
            _, oldest = self._turns.popitem(last=False)
            oldest.end(now)
        return root

    def _span(self, root: Span, step: Step, began: int, ended: int) -> None:
        from opentelemetry.trace import set_span_in_context

        child = self._tracer.start_span(
            f"{step.stage} {step.kind.replace('_', ' ')}",
            context=set_span_in_context(root),
            start_time=began,
            attributes=_facts(step),
        )
        child.end(ended)

    def close(self) -> None:
        """Send what waits, for a moment at most."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        ending.join(CLOSE_SECONDS)


def made(url: str, ids: Ids, version: str) -> Traces | None:
    """None without an address, and where they cannot be made: that is said, and everything else goes on."""
    if not url:
        return None
    try:
        return Traces(url, ids, version)
    except ApplianceError as error:
        LOG.warning("no traces: %s; %s", error.message, error.hint)
        return None


def endpoint(url: str) -> str:
    """`http://host:4318` is its `/v1/traces`. Raises ApplianceError."""
    hint = 'observe.otlp_url is like "http://collector.local:4318"'
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.scheme in {"http", "https"} and (parts.port or True)
    except ValueError:
        named = False
    if not named:
        raise ApplianceError("observe.otlp_url is no address of http or https", hint)
    return url if parts.path.strip("/") else f"{url.rstrip('/')}{PATH}"


def _facts(step: Step) -> dict[str, Any]:
    """Numbers, and names of the configuration or the program."""
    known = {name: getattr(step, name) for name in FACTS}
    told = {f"appliance.{name}": value for name, value in known.items() if value not in {None, ""}}
    return told | {"appliance.stage": step.stage}

"""The stages, with a server elsewhere in place of the language model's, if one is configured."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from appliance.config.model import Llm
from appliance.errors import ConfigError
from appliance.pipeline.stages import Stages
from appliance.remote_llm.client import RemoteLlm
from appliance.remote_llm.options import is_remote, resolve
from appliance.supervision.states import State
from appliance.wire import messages

LOG = logging.getLogger(__name__)
STAGE = "llm"


class Answering:
    """See `pipeline.stages.Stages`. Everything but the language model goes to the stages themselves."""

    def __init__(
        self,
        stages: Stages,
        deliver: Callable[[str, messages.Message], None],
        ready: Callable[[], None],
    ) -> None:
        """`deliver` gets what the server says, as a stage would; `ready` is called when it can be asked."""
        self._stages = stages
        self._deliver = deliver
        self._ready = ready
        self._llm: Llm | None = None
        self._server: RemoteLlm | None = None

    def send(self, stage: str, message: messages.Message) -> bool:
        """Queue a message; False when it is not taken."""
        server = self._server
        return server.send(message) if server and stage == STAGE else self._stages.send(stage, message)

    def state(self, stage: str) -> State:
        """What this stage, or the server that stands for it, is doing."""
        return self._server.state if self._server and stage == STAGE else self._stages.state(stage)

    @property
    def trouble(self) -> str:
        """Why the server cannot be asked; empty when it can, or when there is none."""
        problem = self._server.trouble if self._server else None
        return f"{problem.message} → {problem.hint}" if problem else ""

    @property
    def remote(self) -> bool:
        """Is a server asked?"""
        return self._server is not None

    async def use(self, llm: Llm) -> None:
        """Ask what is configured from now on; one that cannot be used is said so, and nothing else fails."""
        if llm == self._llm:
            return
        await self.stop()
        self._llm = llm
        if not is_remote(llm):
            return
        try:
            server = await asyncio.to_thread(resolve, llm)
        except ConfigError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
            return
        self._server = RemoteLlm(server, lambda message: self._deliver(STAGE, message), self._changed)
        await self._server.start()

    async def stop(self) -> None:
        """Ask nobody elsewhere any more."""
        server, self._server, self._llm = self._server, None, None
        if server is not None:
            await server.stop()

    def _changed(self) -> None:
        if self._server is not None and self._server.state is State.READY:
            self._ready()

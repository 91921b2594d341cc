"""Choose the next token in llama.cpp, inside a grammar or free.

A grammar is asked about the chosen token first and filters the whole vocabulary only when it refuses: of a
hundred thousand tokens that is the difference between microseconds and tens of milliseconds. When no token
fits, `pick` says so; llama.cpp itself would end the process. Source: llama.h, common/sampling.cpp.
"""

from __future__ import annotations

import ctypes
import math
from typing import Any

from appliance.engines.contract import EngineOptions
from appliance.engines.llama_session import Session
from appliance.errors import EngineError

RANDOM_SEED = 0xFFFFFFFF
_PENALTY_WINDOW = 64
_ROOT = b"root"


class Taste(EngineOptions, frozen=True):
    """How tokens are chosen; temperature 0 always takes the likeliest."""

    temperature: float
    top_k: int
    top_p: float
    min_p: float
    repeat_penalty: float
    seed: int | None


class Sampler:
    """The sampler of one generation."""

    def __init__(self, session: Session, taste: Taste, grammar: str) -> None:
        import numpy as np

        self._session = session
        self._native = session.native
        size = session.vocabulary_size
        self._table = np.empty(size, dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        self._ids = np.arange(size, dtype=np.int32)
        self._chain: Any = None
        self._grammar: Any = None
        if grammar:
            self._grammar = self._native.llama_sampler_init_grammar(
                session.vocabulary, grammar.encode(), _ROOT
            )
            if not self._grammar:
                raise EngineError("grammar: llama.cpp refuses it")
        self._chain = self._make_chain(taste)

    def close(self) -> None:
        """Free both samplers; may be called twice."""
        for sampler in (self._chain, self._grammar):
            if sampler:
                self._native.llama_sampler_free(sampler)
        self._chain = self._grammar = None

    def pick(self) -> int | None:
        """The next token, or None when no token fits the grammar (or the model's numbers are broken)."""
        logits = self._logits()
        if logits is None:
            return None
        chosen = self._choose(logits)
        blocked = self._grammar and not self._fits(chosen)
        token = self._choose_inside(logits) if blocked else chosen
        if token is None:
            return None
        self._native.llama_sampler_accept(self._chain, token)
        if self._grammar and not self._session.ends(token):
            self._native.llama_sampler_accept(self._grammar, token)
        return token

    def _logits(self) -> Any:
        """One float for each token of the vocabulary, or None when they cannot be compared."""
        import numpy as np

        pointer = self._native.llama_get_logits_ith(self._session.context, -1)
        if not pointer:
            return None
        logits = np.ctypeslib.as_array(pointer, shape=(self._session.vocabulary_size,))
        return logits if math.isfinite(float(logits.max())) else None

    def _fill(self, logits: Any) -> Any:
        """A fresh candidate list over our table: samplers sort and cut it in place."""
        self._table["id"] = self._ids
        self._table["logit"] = logits
        self._table["p"] = 0.0
        data = self._table.ctypes.data_as(self._native.llama_token_data_p)
        return self._native.llama_token_data_array(data, self._table.size, -1, False)

    def _choose(self, logits: Any) -> int:
        candidates = self._fill(logits)
        self._native.llama_sampler_apply(self._chain, ctypes.byref(candidates))
        return int(candidates.data[candidates.selected].id)

    def _choose_inside(self, logits: Any) -> int | None:
        """The same among what the grammar lets through."""
        import numpy as np

        candidates = self._fill(logits)
        self._native.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        allowed = self._table["logit"].copy()
        if not math.isfinite(float(allowed.max())):
            return None
        token = self._choose(allowed)
        return token if math.isfinite(allowed[token]) else int(np.argmax(allowed))

    def _fits(self, token: int) -> bool:
        one = (self._native.llama_token_data * 1)((token, 0.0, 0.0))
        candidates = self._native.llama_token_data_array(one, 1, -1, False)
        self._native.llama_sampler_apply(self._grammar, ctypes.byref(candidates))
        return math.isfinite(one[0].logit)

    def _make_chain(self, taste: Taste) -> Any:
        native = self._native
        chain = native.llama_sampler_chain_init(native.llama_sampler_chain_default_params())
        penalties = native.llama_sampler_init_penalties(
            self._session.vocabulary_size, _PENALTY_WINDOW, taste.repeat_penalty, 0.0, 0.0
        )
        if taste.temperature > 0.0:
            seed = RANDOM_SEED if taste.seed is None else taste.seed
            steps = [
                native.llama_sampler_init_top_k(taste.top_k),
                penalties,
                native.llama_sampler_init_top_p(taste.top_p, 1),
                native.llama_sampler_init_min_p(taste.min_p, 1),
                native.llama_sampler_init_temp(taste.temperature),
                native.llama_sampler_init_dist(seed),
            ]
        else:
            steps = [penalties, native.llama_sampler_init_greedy()]
        for step in steps:
            native.llama_sampler_chain_add(chain, step)
        return chain

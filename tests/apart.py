"""A process of its own for what cannot share this one; it keeps its state between calls.

llama.cpp and Silero each bring their own libggml.so.0. The loader keeps whichever came first in a process,
and the other one then lacks its symbols. The appliance runs one engine a process; a test run has them all.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

from appliance.engines import loading
from appliance.errors import ApplianceError
from tests.checkout import ROOT


class Apart:
    """Runs functions of modules elsewhere; arguments and results are pickled."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.apart"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What it returns there. Raises what it raises of our own; EOFError when the process died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump((function, arguments), self._process.stdin)
        self._process.stdin.flush()
        failed, result = pickle.load(self._process.stdout)
        if failed:
            raise result
        return result

    def close(self) -> None:
        """Leave nothing running."""
        self._process.kill()
        self._process.communicate()


class EngineApart:
    """An engine of the appliance in a process of its own; what it yields arrives at once."""

    def __init__(self, kind: str, name: str) -> None:
        self._apart = Apart()
        self._apart.run(_create, kind, name)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments: self._apart.run(_call, method, arguments)

    def give(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What a function of a module makes of the engine and these."""
        return self._apart.run(_give, function, arguments)

    def offers(self, contract: type) -> bool:
        """Is it an engine of this kind?"""
        return bool(self._apart.run(_offers, contract))

    def end(self) -> None:
        """Leave nothing running."""
        self._apart.close()


_kept: dict[str, Any] = {}


def _create(kind: str, name: str) -> None:
    _kept["engine"] = loading.create(kind, name, {}, {}, 1)


def _offers(contract: type) -> bool:
    return isinstance(_kept["engine"], contract)


def _give(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    return function(_kept["engine"], *arguments)


def _call(method: str, arguments: tuple[Any, ...]) -> Any:
    result = getattr(_kept["engine"], method)(*arguments)
    return list(result) if isinstance(result, Iterator) else result


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    while True:
        try:
            function, arguments = pickle.load(requests)
        except EOFError:
            return
        try:
            answer = (False, function(*arguments))
        except ApplianceError as error:
            answer = (True, error)
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    # Libraries print where they like; answers have a descriptor of their own.
    own = os.dup(1)
    os.dup2(2, 1)
    # By its name: what is pickled is found in the module, not in `__main__`.
    apart = importlib.import_module("tests.apart")
    with os.fdopen(own, "wb") as answers_:
        apart._serve(sys.stdin.buffer, answers_)

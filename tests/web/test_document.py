"""The OpenAPI document is complete, and true of a real server."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup

from appliance.web.access.scopes import SCOPES
from appliance.web.document import with_table
from tests.checkout import ROOT
from tests.web.access.keys import bearer
from tests.web.routes.served import PROBLEM, Served

METHODS = {"get", "post", "put", "patch", "delete"}
EXAMPLES = 10
ENDLESS = "/api/models/events"
ENDING = "/api/restart"
ELSEWHERE = {"access", "default"}
"""Signing in and tokens: what they do to others who are signed in has tests of its own."""


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("document"))
    try:
        made.until_up()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def document(private: Served) -> dict[str, Any]:
    return private.http.get("/schema/openapi.json").json()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS and not ELSEWHERE.intersection(operation.get("tags", ELSEWHERE))
    ]


def test_every_operation_says_what_it_is_who_may_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    assert len(operations(document)) > 35
    for method, path, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert len(operation["description"]) > 20, where
        scopes = [scope for each in operation["security"] for scope in each.get("token", ())]
        assert scopes == [] or (len(scopes) == 1 and scopes[0] in SCOPES), where
        refusals = {status: each for status, each in operation["responses"].items() if status >= "4"}
        assert {"400", "429", "503"} <= set(refusals), where
        assert {"401", "403"} <= set(refusals) or not scopes, where
        for status, refusal in refusals.items():
            kinds = set(refusal["content"])
            assert kinds == {PROBLEM} or status == "503", (where, status)
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description") or parameter["schema"].get("description"), (where, parameter)


def test_the_page_lists_all_of_them(document: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    assert page == with_table(page, document), "write it anew: python -m appliance.web.document docs/api.md"


def examples() -> list[str]:
    """The commands of the page."""
    page = (ROOT / "docs" / "api.md").read_text()
    return re.findall(r"```sh\n(.*?)```", page, re.DOTALL)


@pytest.mark.parametrize("command", examples(), ids=lambda command: command.split("$URL")[1].split()[0])
def test_every_example_of_the_page_works(private: Served, tmp_path: Path, command: str) -> None:
    variables = {"PATH": os.environ["PATH"], "URL": private.url, "TOKEN": private.token}
    done = subprocess.run(
        ["bash", "-ec", command], capture_output=True, cwd=tmp_path, env=variables, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout or list(tmp_path.iterdir())


def test_no_two_have_one_name(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)


def behaves(operation: Any, served: Served) -> None:
    """Raises what is wrong with the answers to some requests of this operation, good and bad ones."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(case=strategies.sampled_from(list(GenerationMode)).flatmap(operation.as_strategy))
    def check(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=bearer(served.token), timeout=30)

    check()


def test_it_behaves_as_it_says(private: Served) -> None:
    loaded = schemathesis.openapi.from_url(f"{private.url}/schema/openapi.json")
    wanted = (
        loaded.exclude(tag=sorted(ELSEWHERE)).exclude(path=[ENDLESS, ENDING]).exclude(path_regex="^/schema")
    )
    found = [each.ok() for each in wanted.get_all_operations()]
    assert len(found) > 35
    wrong = {}
    for operation in found:
        try:
            behaves(operation, private)
        except FailureGroup as failures:
            wrong[operation.label] = "; ".join(str(each) for each in failures.exceptions)
    assert wrong == {}, "\n\n".join(f"{label}: {what}" for label, what in wrong.items())
    assert private.http.get("/health").status_code == 200

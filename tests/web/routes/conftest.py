"""One appliance for all tests of the routes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.routes.served import Served


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served"), history__days="1")
    try:
        made.until_up()
        yield made
    finally:
        made.close()

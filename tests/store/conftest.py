"""Every promise of a store is kept by each kind of store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgres"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty store is: what ``config.yaml`` would say."""
    if request.param == "sqlite":
        return str(tmp_path / "monitor.db")
    url: str = request.getfixturevalue("database")
    return url


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(where)
    yield opened
    opened.close()

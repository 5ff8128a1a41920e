"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from monitor.store import SqliteStore
from tests import postgres


@pytest.fixture(autouse=True, scope="session")
def _no_shipped_model() -> Iterator[None]:
    """Tests say themselves which models there are, also to processes they start; those of the
    shipped one take this back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONITOR_SHIPPED_MODELS", "")
        yield


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """An empty store, ``tmp_path / "monitor.db"``."""
    opened = SqliteStore(tmp_path / "monitor.db")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server, of which the tests are the superuser."""
    with postgres.server() as url:
        yield url


_NUMBERS = count()


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """The URL of a schema in PostgreSQL that has nothing in it yet."""
    import psycopg

    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(postgres_server, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}".encode())
        yield f"{postgres_server}&options=-csearch_path%3D{name}"
        db.execute(f"DROP SCHEMA {name} CASCADE".encode())

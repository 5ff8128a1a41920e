"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store import SqliteStore


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

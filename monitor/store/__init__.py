"""What is kept. ``open_store`` takes what ``config.yaml`` calls ``store``."""

from __future__ import annotations

from pathlib import Path

from monitor.errors import StoreError
from monitor.store.base import Counts, FeedFigures, Owed, PendingPost, Queue, Recorded, Store
from monitor.store.sqlite import SqliteStore

__all__ = [
    "Counts",
    "FeedFigures",
    "Owed",
    "PendingPost",
    "Queue",
    "Recorded",
    "SqliteStore",
    "Store",
    "open_store",
]


def open_store(where: str) -> SqliteStore:
    """The store at a path. Raises :class:`StoreError` where it cannot be opened."""
    if "://" in where:
        scheme = where.partition("://")[0]
        raise StoreError(f"{scheme}:// is not a store this version knows; give a file path")
    return SqliteStore(Path(where))

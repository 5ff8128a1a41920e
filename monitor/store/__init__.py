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


def open_store(where: str) -> Store:
    """The store at a path or a ``postgresql://`` URL. Raises :class:`StoreError` where it cannot be
    opened."""
    if "://" not in where:
        return SqliteStore(Path(where))
    scheme = where.partition("://")[0]
    if scheme not in ("postgresql", "postgres"):
        raise StoreError(
            f"{scheme}:// is not a store this version knows; give a file path or postgresql://…"
        )
    try:
        from monitor.store.postgres import PostgresStore
    except ImportError as error:
        raise StoreError(
            f"{scheme}:// needs psycopg: pip install 'monitor[postgres]' ({error})"
        ) from error
    return PostgresStore(where)

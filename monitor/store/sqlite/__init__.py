"""The default store: one SQLite file in WAL mode."""

from __future__ import annotations

from pathlib import Path

from monitor.store.sql import Dialect
from monitor.store.sqlite import backup
from monitor.store.sqlite.database import Database
from monitor.store.sqlstore import SqlStore


class SqliteStore(Database, SqlStore):
    """A :class:`~monitor.store.base.Store` in the file ``path`` (created where it is missing)."""

    dialect = Dialect(
        next_polls=(
            "SELECT name, state ->> '$.next_at' AS next_at, state ->> '$.stopped' AS stopped"
            " FROM feeds"
        ),
        size=(
            "SELECT (page_count - freelist_count) * page_size AS bytes"
            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        ),
        match="search MATCH ?",
        index=" ".join,
        ask=lambda words: " ".join(f'"{word}"' for word in words),
    )

    def backup(self, to: Path) -> int:
        """Copy the store as it is now, while it is in use, to a new file; check the copy. Returns
        how many posts it holds."""
        with self.reading() as db:
            return backup.backup(db, to)

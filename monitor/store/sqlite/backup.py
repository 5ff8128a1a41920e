"""A copy of a store that is in use."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from monitor.errors import StoreError


def backup(db: sqlite3.Connection, to: Path) -> int:
    """See :meth:`SqliteStore.backup`.

    SQLite's online backup in one step: it reads one snapshot and holds up no writer (in WAL mode
    readers never do), where many small steps would begin again after every write.
    """
    part = to.with_name(f".{to.name}.part")
    try:
        # Ours from here on, and nobody else's to read; it is empty until the copy is whole.
        _create(to, os.O_EXCL)
    except FileExistsError:
        raise StoreError(f"{to}: is there already; a backup replaces nothing") from None
    except OSError as error:
        raise StoreError(f"{to}: no backup made: {error.strerror}") from error
    try:
        _create(part, os.O_TRUNC)
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file that stands alone
            posts = _verified(copy)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(to)
    except BaseException as error:
        to.unlink()
        part.unlink(missing_ok=True)
        if isinstance(error, OSError | sqlite3.Error):
            raise StoreError(f"{to}: no backup made: {error}") from error
        raise
    return posts


def _create(path: Path, how: int) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | how, 0o600))


def _verified(copy: sqlite3.Connection) -> int:
    found = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged: {found}")
    posts: int = copy.execute("SELECT count(*) FROM posts").fetchone()[0]
    return posts

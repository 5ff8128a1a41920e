"""Notes: small JSON documents by key, kept for rooms whose work must survive a restart."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime


def under(db: sqlite3.Connection, prefix: str) -> dict[str, str]:
    # U+10FFFF sorts after everything that can follow the prefix.
    ask = "SELECT key, doc FROM notes WHERE key >= ? AND key < ? ORDER BY key"
    return {row["key"]: row["doc"] for row in db.execute(ask, (prefix, f"{prefix}\U0010ffff"))}


def known(db: sqlite3.Connection, keys: Sequence[str]) -> frozenset[str]:
    one = "SELECT 1 FROM notes WHERE key = ?"
    return frozenset(key for key in keys if db.execute(one, (key,)).fetchone())


def put(db: sqlite3.Connection, changes: Mapping[str, str | None], now: datetime) -> None:
    gone = [(key,) for key, doc in changes.items() if doc is None]
    kept = [(key, doc, now.timestamp()) for key, doc in changes.items() if doc is not None]
    db.executemany("DELETE FROM notes WHERE key = ?", gone)
    db.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", kept)


def forget(db: sqlite3.Connection, prefix: str, before: datetime) -> int:
    drop = "DELETE FROM notes WHERE key >= ? AND key < ? AND at < ?"
    return db.execute(drop, (prefix, f"{prefix}\U0010ffff", before.timestamp())).rowcount

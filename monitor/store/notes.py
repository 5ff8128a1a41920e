"""Notes: small JSON documents by key, kept for rooms whose work must survive a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.store.sql import Connection, each_of


def under(db: Connection, prefix: str) -> dict[str, str]:
    # U+10FFFF sorts after everything that can follow the prefix.
    ask = "SELECT key, doc FROM notes WHERE key >= ? AND key < ? ORDER BY key"
    return {row["key"]: row["doc"] for row in db.execute(ask, (prefix, f"{prefix}\U0010ffff"))}


def known(db: Connection, keys: Sequence[str]) -> frozenset[str]:
    found = each_of(db, "SELECT key FROM notes WHERE key IN ({})", keys)
    return frozenset(row["key"] for row in found)


def put(db: Connection, changes: Mapping[str, str | None], now: datetime) -> None:
    gone = [(key,) for key, doc in changes.items() if doc is None]
    kept = [(key, doc, now.timestamp()) for key, doc in changes.items() if doc is not None]
    db.executemany("DELETE FROM notes WHERE key = ?", gone)
    db.executemany(
        "INSERT INTO notes (key, doc, at) VALUES (?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET doc = excluded.doc, at = excluded.at",
        kept,
    )


def forget(db: Connection, prefix: str, before: datetime) -> int:
    drop = "DELETE FROM notes WHERE key >= ? AND key < ? AND at < ?"
    return db.execute(drop, (prefix, f"{prefix}\U0010ffff", before.timestamp())).rowcount

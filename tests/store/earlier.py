"""Stores as earlier versions of the program left them."""

from __future__ import annotations

import sqlite3

from monitor.store.sqlite.schema import MIGRATIONS, statements


def migrate_to(db: sqlite3.Connection, version: int) -> None:
    """Make an empty file a store of schema ``version``."""
    for script in MIGRATIONS[:version]:
        for statement in statements(script):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {version}")

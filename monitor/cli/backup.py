"""``monitor backup``: a copy of the store, also while the daemon runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from monitor.cli._options import config_option
from monitor.config import load_config
from monitor.store import SqliteStore


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(file: Path, config_path: Path) -> None:
    """Copy the store to FILE, while it is in use, and check the copy.

    FILE must not be there yet. To go back to it, stop the daemon, remove the store with its -wal
    and -shm files, and put the copy in its place. A store in PostgreSQL is saved with pg_dump.
    """
    config = load_config(config_path)
    if "://" in config.store_url:
        raise click.UsageError(
            f"this copies a SQLite store; a PostgreSQL one is saved by `pg_dump -Fc -f {file} URL` "
            "and brought back by `pg_restore -d URL`"
        )
    with closing(SqliteStore(Path(config.store_url))) as store:
        posts = store.backup(file)
    click.echo(f"{file}: {posts} posts, checked")

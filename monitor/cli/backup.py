"""``monitor backup``: a copy of the store, also while the daemon runs."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli._options import config_option, configured


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(file: Path, config_path: Path) -> None:
    """Copy the store to FILE, while it is in use, and check the copy.

    FILE must not be there yet. To go back to it, stop the daemon, remove the store with its -wal
    and -shm files, and put the copy in its place.
    """
    with configured(config_path) as (_, store):
        posts = store.backup(file)
    click.echo(f"{file}: {posts} posts, checked")

"""``monitor links``: linked posts for other programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from monitor.cli._filter import checked, filter_options
from monitor.cli._options import config_option, configured
from monitor.errors import StoreLocked
from monitor.model import Filter, LinkedPost
from monitor.store import Store
from monitor.text.clean import clean_line

FOLLOW_S = 1.0


@click.command()
@config_option
@filter_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "jsonl", "csv", "geojson", "rss", "jsonfeed"]),
    default="jsonl",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--limit", type=click.IntRange(min=1), default=None, help="At most so many posts.")
@click.option("--follow", is_flag=True, help="Go on with new posts as they come (jsonl or csv).")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file, not stdout.")
def command(
    config_path: Path,
    asked: dict[str, Any],
    form: str,
    as_json: bool,
    limit: int | None,
    follow: bool,
    out: Path | None,
) -> None:
    """Print linked posts, in the order of their last change.

    With --out the file is replaced when all is written, so a half-written one is never seen.
    """
    from monitor.show.export import export, write_whole

    form = "json" if as_json else form
    if follow and (out or form not in ("jsonl", "csv")):
        raise click.UsageError("--follow needs --format jsonl or csv, and no --out")
    with configured(config_path) as (config, store):
        which = checked(asked, config)
        posts = followed(store, which, limit) if follow else store.linked(which, limit=limit)
        pieces = export(form, posts)
        if out:
            write_whole(out, pieces)
            return
        # Arabic must come out as it is also where the locale says nothing.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", newline="")
        for piece in pieces:
            sys.stdout.write(piece)
            if follow:
                sys.stdout.flush()


def followed(store: Store, which: Filter, limit: int | None) -> Iterator[LinkedPost]:
    """Linked posts, then those that come or change, until ``limit`` or for ever."""
    seq, given, away = -1, 0, False
    while True:
        try:
            last = store.last_seq()
            for lp in store.linked(which, after_seq=seq):
                seq = lp.seq
                yield lp
                given += 1
                if given == limit:
                    return
            seq, away = max(seq, last), False
        except StoreLocked as error:
            if not away:
                click.echo(clean_line(f"monitor: goes on when it can: {error}"), err=True)
            away = True
        time.sleep(FOLLOW_S)

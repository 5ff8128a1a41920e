"""``monitor watch``: the live feed of a store, from any terminal."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any, Literal

import click

from monitor.cli._filter import checked, filter_options
from monitor.cli._options import config_option, opened, rtl_option
from monitor.config import load_config
from monitor.errors import InputError
from monitor.text.clean import clean_line


@click.command()
@config_option
@filter_options
@click.option("--json", "as_json", is_flag=True, help="Stream linked posts as JSONL.")
@rtl_option
def command(
    config_path: Path, asked: dict[str, Any], as_json: bool, rtl: Literal["logical", "visual"]
) -> None:
    """Watch linked posts as they come. Press ? for the keys.

    Attaches to the store that `monitor run` fills. Plain lines where stdout is no terminal.
    """
    from monitor.show.block import Look
    from monitor.show.json import dumps, linked_post
    from monitor.show.live import LiveFeed
    from monitor.show.watch.loop import begin, follow, watch

    config = load_config(config_path)
    if "://" not in config.store_url and not Path(config.store_url).exists():
        raise InputError(f"no store {config.store_url} yet: start `monitor run` first")
    with opened(config) as store:
        tail = begin(store, checked(asked, config))
        if as_json:
            if hasattr(sys.stdout, "reconfigure"):
                sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
            follow(tail, lambda lp: click.echo(dumps(linked_post(lp))), _warn)
        elif sys.stdin.isatty() and sys.stdout.isatty():
            try:
                who = getpass.getuser()
            except (KeyError, OSError):
                who = "unknown"
            watch(tail, [feed.name for feed in config.feeds], Look(rtl=rtl), who, said(asked))
        else:
            if not store.held():
                click.echo("no daemon runs on this store: start `monitor run`", err=True)
            with LiveFeed(sys.stdout, rtl=rtl) as live:
                follow(tail, live.show, _warn)


def _warn(why: str) -> None:
    click.echo(clean_line(f"monitor: goes on when it can: {why}"), err=True)


def said(asked: dict[str, Any]) -> str:
    """The filter options as they were typed, for the header."""
    typed = {name: " ".join(values) for name, values in asked.items()}
    return " · ".join(f"{name} {value}" for name, value in typed.items() if value)

"""Options and steps that several commands share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from monitor.config import Config, load_config
from monitor.show.json import dumps
from monitor.store import Store, open_store

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="The settings file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")

rtl_option = click.option(
    "--rtl",
    type=click.Choice(["logical", "visual"]),
    default="logical",
    show_default=True,
    help="visual: join and reorder Arabic here, for terminals that do not.",
)


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store of ``config``, closed in the end."""
    store = open_store(config.store_url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def configured(config_path: Path) -> Iterator[tuple[Config, Store]]:
    """The checked settings and their store."""
    config = load_config(config_path)
    with opened(config) as store:
        yield config, store


def print_json(value: Any) -> None:
    """``value`` for programs, and nothing in it that a terminal would obey."""
    click.echo(dumps(value, indent=2))

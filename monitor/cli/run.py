"""``monitor run``: the daemon."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import _interrupt
from monitor.cli._options import config_option, opened
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.daemon import Parts
    from monitor.store import Store


@click.command()
@config_option
@click.option("--once", is_flag=True, help="Poll everything due, finish all work, and exit.")
@click.option("--quiet", is_flag=True, help="Do not show posts; `monitor watch` does elsewhere.")
def command(config_path: Path, once: bool, quiet: bool) -> None:
    """Poll the feeds, keep, translate and link every post; until stopped.

    SIGHUP reads the settings and the events again; SIGTERM and Ctrl-C end it. With --once the exit
    status is 1 where a feed failed, each named on stderr, or where it was stopped before the end.
    """
    from monitor.config import load_config
    from monitor.daemon import Daemon, answering
    from monitor.logs import log_to_stderr, secrets_of
    from monitor.show.live import LiveFeed

    config = load_config(config_path)
    log_to_stderr(config.log, secrets_of(config))
    # Run once from cron there is no start to be calm after.
    started = datetime.min.replace(tzinfo=UTC) if once else datetime.now(UTC)
    with opened(config) as store, store.exclusive(), LiveFeed(sys.stdout, quiet=quiet) as live:

        def reload() -> Parts:
            new = load_config(config_path)
            refuse_changed(config, new)
            return parts_of(new, store, datetime.now(UTC))

        daemon = Daemon(
            parts_of(config, store, started),
            store,
            reload=reload,
            on_linked=live.show,
            on_polled=live.polled,
        )
        _interrupt.raise_if_told()
        if not once:
            with answering(config.health, daemon, store):
                asyncio.run(daemon.run())
                _interrupt.ignore()
            return
        failed = asyncio.run(daemon.run_once())
        _interrupt.ignore()
    if daemon.stopped:
        raise MonitorError("stopped before all was done; the next run goes on from here")
    if failed:
        raise MonitorError(f"{len(failed)} of {len(config.feeds)} feeds failed")


def parts_of(config: Config, store: Store, started: datetime) -> Parts:
    """What a daemon needs beside its store. Raises :class:`~monitor.errors.ConfigError`."""
    from monitor.alerting import alerter_of
    from monitor.daemon import AnalysisProcess, Parts
    from monitor.events import events_of

    events = events_of(config)
    worker = AnalysisProcess(config, events, store)
    return Parts(config, worker, alerter_of(config, events, store, started))


def refuse_changed(old: Config, new: Config) -> None:
    """Raise :class:`MonitorError` where settings differ that only a restart can change."""
    for name in ("store", "health", "log"):
        if getattr(old, name) != getattr(new, name):
            raise MonitorError(f"{name}: changed; this needs a restart")

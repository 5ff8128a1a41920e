"""``monitor run``: the daemon."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor.cli._options import config_option, log_to_stderr, opened
from monitor.errors import MonitorError


@click.command()
@config_option
@click.option("--once", is_flag=True, help="Poll everything due, finish all work, and exit.")
@click.option("--quiet", is_flag=True, help="Do not show posts; `monitor watch` does elsewhere.")
def command(config_path: Path, once: bool, quiet: bool) -> None:
    """Poll the feeds, keep, translate and link every post; until stopped.

    With --once the exit status is 1 where a feed failed; each is named on stderr.
    """
    from monitor.alerting import alerter_of
    from monitor.assemble import analyser_of, events_of
    from monitor.config import load_config
    from monitor.daemon import Daemon
    from monitor.show.live import LiveFeed

    log_to_stderr()
    config = load_config(config_path)
    events = events_of(config)
    # Run once from cron there is no start to be calm after.
    started = datetime.min.replace(tzinfo=UTC) if once else datetime.now(UTC)
    with opened(config) as store, store.exclusive(), LiveFeed(sys.stdout, quiet=quiet) as live:
        alerter = alerter_of(config, events, store, started)
        daemon = Daemon(
            config,
            store,
            analyser_of(config, events, store),
            on_linked=live.show,
            on_polled=live.polled,
            alerter=alerter,
        )
        if not once:
            asyncio.run(daemon.run())
            return
        failed = asyncio.run(daemon.run_once())
    if failed:
        raise MonitorError(f"{len(failed)} of {len(config.feeds)} feeds failed")

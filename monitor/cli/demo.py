"""``monitor demo``: watch the monitor do its whole job, with nothing but this machine."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click


@click.command()
@click.option("--seconds", default=30.0, show_default=True, help="How long to run.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-out"),
    show_default=True,
    help="Folder for the demo's config, store and linked.jsonl.",
)
@click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("models"),
    show_default=True,
    help="Folder of translation models.",
)
def command(seconds: float, out: Path, models: Path) -> None:
    """Serve sample feeds on loopback and run the daemon on them.

    About forty posts in five feeds, some published while it runs, around neighbouring events of
    early February 2024.
    """
    from monitor.demo import run_demo
    from monitor.logs import log_to_stderr
    from monitor.show.live import LiveFeed

    log_to_stderr()
    with LiveFeed(sys.stdout) as live:
        summary = run_demo(out, models, seconds, on_linked=live.show, on_polled=live.polled)
    click.echo(
        f"\n{summary.posts} posts ({_counted(summary.languages)}), {summary.embedded} of them found"
        f" embedded in articles; {summary.edited} edited, {summary.near_duplicates} near-duplicate,"
        f" {summary.not_followed} in languages not followed."
    )
    click.echo(f"{summary.translated} translated. Links: {_counted(summary.statuses) or 'none'}.")
    click.echo(f"Everything is in {summary.output}, one JSON object a line.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.most_common())

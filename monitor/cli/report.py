"""``monitor report``: one event on one page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import click

from monitor.cli._filter import known
from monitor.cli._options import config_option, configured
from monitor.model import Filter


@click.command()
@config_option
@click.option("--event", "event_id", required=True, help="Event id.")
@click.option("--since", default="24h", show_default=True, help='"2h", "yesterday", an ISO time.')
@click.option("--format", "form", type=click.Choice(["markdown", "html"]), default="markdown")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file, not stdout.")
def command(config_path: Path, event_id: str, since: str, form: str, out: Path | None) -> None:
    """Tell what was posted about an event: timeline, counts, map, posts, contradictions.

    With --out, the pictures of a Markdown page are written beside it; an HTML page holds its own.
    """
    from monitor.assemble import events_of
    from monitor.show.export import write_whole
    from monitor.show.report.facts import facts
    from monitor.show.report.page import html, markdown
    from monitor.show.when import instant

    now = datetime.now(UTC)
    begun = instant(since, now)
    with configured(config_path) as (config, store):
        events = {event.id: event for event in events_of(config)}
        known([event_id], "event", events)
        posts = store.linked(Filter(events=(event_id,), since=begun, until=now, others=True))
        told = facts(posts, event_id, events[event_id].title, begun, now)
    if form == "html":
        page = html(told)
    elif out:
        # Sites that show Markdown leave out pictures that are inside it: here they lie beside it.
        page = markdown(told, lambda name, picture: _beside(out, name, picture))
    else:
        page = markdown(told)
    if out:
        write_whole(out, [page])
    else:
        click.echo(page, nl=False)


def _beside(page: Path, name: str, picture: str) -> str:
    from monitor.show.export import write_whole

    path = page.with_name(f"{page.stem}-{name}.svg")
    write_whole(path, [picture])
    return quote(path.name)

"""``monitor inspect``: what the program sees in a text. How people learn to trust it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from monitor.cli._options import config_option, json_option, print_json


@click.command()
@click.argument("text", required=False)
@click.option("--at", type=click.DateTime(), help="When it was published (UTC); default now.")
@config_option
@json_option
def command(text: str | None, at: datetime | None, config_path: Path, as_json: bool) -> None:
    """Show language, places, translation and linked events of TEXT (or of stdin)."""
    from monitor.assemble import analyser_of, events_of
    from monitor.config import Config, load_config
    from monitor.model import LinkedPost, Post
    from monitor.show.json import linked_post
    from monitor.show.view import plain_lines
    from monitor.text.arabic import normalize

    said = text if text is not None else sys.stdin.read()
    given = config_path.exists() or config_path != Path("config.yaml")
    config = load_config(config_path) if given else Config()
    # Whoever inspects a text wants to see it, whatever language it is in.
    analyser = replace(analyser_of(config, events_of(config), None), keep_others=True)
    now = datetime.now(UTC)
    published = at.replace(tzinfo=UTC) if at else now
    post = Post(
        platform="inspect",
        external_id=sha256(said.encode("utf-8", "replace")).hexdigest()[:12],
        source="inspect",
        text=said,
        collected_at=max(now, published),
        published_at=published,
    )
    (analysis,) = analyser.analyse([post], now)
    item = LinkedPost(post, analysis)
    if as_json:
        print_json({**linked_post(item), "normalized": normalize(said)})
        return
    for line in plain_lines(item, UTC):
        click.echo(line)
    language = analysis.language
    click.echo(f"    language {language.code}, confidence {language.confidence:.2f}")
    for span in language.spans:
        click.echo(f"        {span.start}-{span.end} {span.code}")
    click.echo(f"    matched as: {normalize(said)}")
    for link in analysis.links:
        for evidence in link.evidence:
            click.echo(
                f"    {link.event_id}: {evidence.weight:+.2f} {evidence.kind}: {evidence.detail}"
            )

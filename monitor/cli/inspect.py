"""``monitor inspect``: what the program sees in a text. How people learn to trust it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from monitor.cli._options import config_option, json_option, print_json
from monitor.model import Author, Link


@click.command()
@click.argument("text", required=False)
@click.option("--at", type=click.DateTime(), help="When it was published (UTC); default now.")
@click.option("--author", help="Who wrote it: a hashtag that signs the post is no place.")
@config_option
@json_option
def command(
    text: str | None, at: datetime | None, author: str | None, config_path: Path, as_json: bool
) -> None:
    """Show what the monitor sees in TEXT (or in what it reads from stdin): its language, the form
    it is matched in, places, translation, and the nearest events with the evidence for and against
    each, linked or not."""
    from monitor.assemble import analyser_of, events_of
    from monitor.config import Config, load_config
    from monitor.link import LinkInput
    from monitor.model import LinkedPost, Post
    from monitor.show.inspected import page
    from monitor.show.json import linked_post
    from monitor.text.arabic import normalize

    said = text if text is not None else sys.stdin.read()
    given = config_path.exists() or config_path != Path("config.yaml")
    config = load_config(config_path) if given else Config()
    events = events_of(config)
    # Whoever inspects a text wants to see it, whatever language it is in.
    analyser = replace(analyser_of(config, events, None), keep_others=True)
    now = datetime.now(UTC)
    published = at.replace(tzinfo=UTC) if at else now
    post = Post(
        platform="inspect",
        external_id=sha256(said.encode("utf-8", "replace")).hexdigest()[:12],
        source="inspect",
        text=said,
        author=Author(author),
        collected_at=max(now, published),
        published_at=published,
    )
    (analysis,) = analyser.analyse([post], now)
    considered = analyser.linker.considered(
        LinkInput(post, analysis.language, analysis.translation, analysis.places)
    )
    if as_json:
        seen = linked_post(LinkedPost(post, analysis))
        candidates = [candidate_json(link, analysis.links) for link in considered]
        print_json({**seen, "normalized": normalize(said), "candidates": candidates})
        return
    for line in page(said, analysis, normalize(said), considered, len(events)):
        click.echo(line)


def candidate_json(candidate: Link, links: Sequence[Link]) -> dict[str, Any]:
    """A candidate as JSON: a link, but whether it ``linked`` in place of a status."""
    return {
        "event_id": candidate.event_id,
        "title": candidate.title,
        "probability": candidate.probability,
        "linked": candidate.event_id in {link.event_id for link in links},
        "evidence": [asdict(evidence) for evidence in candidate.evidence],
        "explanation": candidate.explanation,
    }

"""From the alerts of ``config.yaml`` to what watches for them, emerging stories included."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.config import Config
from monitor.errors import ConfigError, Problem
from monitor.model import Event, Filter, LinkedPost
from monitor.show.alerts.alerter import Alerter
from monitor.show.alerts.rounds import Story
from monitor.store import Store
from monitor.yamlfile import suggest

if TYPE_CHECKING:
    from monitor.text.embed import Encoder

STORIES_OVER = timedelta(hours=24)
STORIES_POSTS = 5000  # the newest; what one round of looking for stories may cost


def alerter_of(
    config: Config, events: Sequence[Event], store: Store, started: datetime
) -> Alerter | None:
    """What alerts people, where the settings ask for it. ``started``: see :class:`Alerter`.

    Raises :class:`~monitor.errors.ConfigError` where a rule names an event that is not known, or
    an environment variable that is not set.
    """
    if not config.alerts:
        return None
    known = [event.id for event in events]
    problems = []
    for rule in config.alerts:
        wrong = [
            *(
                f"no event {name!r}{suggest(name, known)}"
                for name in rule.events
                if name not in known
            ),
            *(f"the environment variable {name} is not set" for name in rule.missing_secrets()),
        ]
        problems += [Problem("alerts", None, f"alert {rule.name!r}: {said}") for said in wrong]
    if problems:
        raise ConfigError(problems)
    encoder: list[Encoder] = []  # loaded when a rule first asks for stories

    def stories() -> list[Story]:
        from monitor.text.embed import load_encoder  # most daemons are never asked for stories

        encoder[:] = encoder or [load_encoder()]
        return emerging_stories(store, encoder[0], datetime.now(UTC) - STORIES_OVER)

    alerter = Alerter(config.alerts, store, started, stories=stories, proxy=config.net.proxy)
    alerter.begin()
    return alerter


def emerging_stories(store: Store, encoder: Encoder, since: datetime) -> list[Story]:
    """What is told by posts published since then that are about no known event."""
    from monitor.link.discover import Discovery, DiscoveryInput

    newest: deque[LinkedPost] = deque(maxlen=STORIES_POSTS)
    newest.extend(
        lp
        for lp in store.linked(Filter(linked=False, since=since))
        if lp.post.full_text.strip() and not lp.deleted_at
    )
    posts = sorted(newest, key=lambda lp: (lp.post.at, lp.post.id))
    discovery = Discovery(encoder.dimension)
    for start in range(0, len(posts), 256):
        batch = posts[start : start + 256]
        vectors = encoder.encode([lp.post.full_text for lp in batch])
        discovery.add_many(
            [
                DiscoveryInput(lp.post, vector, lp.analysis.language.code, lp.analysis.places)
                for lp, vector in zip(batch, vectors, strict=True)
            ]
        )
    return [
        Story(
            story.title, tuple(post_id for post_id, *_ in story.posts), story.size,
            len(story.sources),
        )
        for story in discovery.emerging()
    ]  # fmt: skip

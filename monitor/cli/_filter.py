"""The options that say which linked posts somebody wants to see."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import click

from monitor.config import Config
from monitor.model import Filter, LinkStatus
from monitor.show.when import instant
from monitor.yamlfile import suggest

_OPTIONS = (
    click.option("--lang", multiple=True, help="Language code, such as ar. Repeatable."),
    click.option("--event", multiple=True, help="Event id. Repeatable."),
    click.option("--status", multiple=True, type=click.Choice(get_args(LinkStatus))),
    click.option("--source", multiple=True, help="Feed name. Repeatable."),
    click.option("--min", "least", type=click.FloatRange(0, 1), default=0.0, help="Probability."),
    click.option("--search", default="", help="Words in the original or the translation."),
    click.option("--since", default=None, help='"2h", "yesterday" or an ISO time.'),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; ``command`` gets them as one ``wanted``, to be given to :func:`checked`."""

    @functools.wraps(command)
    def with_filter(**given: Any) -> Any:
        names = ("lang", "event", "status", "source", "least", "search", "since")
        wanted = {name: given.pop(name) for name in names}
        return command(**given, wanted=wanted)

    for option in reversed(_OPTIONS):
        with_filter = option(with_filter)
    return with_filter


def checked(wanted: dict[str, Any], config: Config) -> Filter:
    """The filter meant. A language, event or feed that nobody knows is wrong usage."""
    from monitor.assemble import events_of

    if wanted["event"]:
        known(wanted["event"], "event", [event.id for event in events_of(config)])
    known(wanted["source"], "feed", [feed.name for feed in config.feeds])
    if not config.keep_others:
        known(wanted["lang"], "followed language", config.languages)
    since = wanted["since"]
    return Filter(
        languages=tuple(wanted["lang"]),
        events=tuple(wanted["event"]),
        statuses=tuple(wanted["status"]),
        sources=tuple(wanted["source"]),
        min_probability=wanted["least"],
        search=wanted["search"],
        since=instant(since, datetime.now(UTC)) if since else None,
        others=config.keep_others,
    )


def known(asked: Iterable[str], what: str, names: Iterable[str]) -> None:
    """Raise :class:`click.UsageError` naming the nearest, where a name is not one of ``names``."""
    names = list(names)
    for name in asked:
        if name not in names:
            hint = suggest(name, names) or (
                f" (there are {', '.join(names[:10])})" if names else ""
            )
            raise click.UsageError(f"no {what} {name!r}{hint}")

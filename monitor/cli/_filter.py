"""The options that say which linked posts somebody wants to see."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import click

from monitor.config import Config
from monitor.errors import InputError
from monitor.model import Filter
from monitor.show.wanted import NAMES, STATUSES, Known, check, wanted

_OPTIONS = (
    click.option("--lang", multiple=True, help="Language code, such as ar. Repeatable."),
    click.option("--event", multiple=True, help="Event id. Repeatable."),
    click.option("--status", multiple=True, help=f"{', '.join(STATUSES)}. Repeatable."),
    click.option("--source", multiple=True, help="Feed name. Repeatable."),
    click.option("--min", default="", metavar="FROM_0_TO_1", help="Least probability of a link."),
    click.option("--search", default="", help="Words in the original or the translation."),
    click.option("--since", default="", help='"2h", "yesterday" or an ISO time.'),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options; ``command`` gets them as one ``asked``, to be given to :func:`checked`."""

    @functools.wraps(command)
    def with_filter(**given: Any) -> Any:
        asked = {name: given.pop(name) for name in NAMES}
        some = {name: [value] if isinstance(value, str) else value for name, value in asked.items()}
        return command(**given, asked=some)

    for option in reversed(_OPTIONS):
        with_filter = option(with_filter)
    return with_filter


def checked(asked: dict[str, Any], config: Config) -> Filter:
    """The filter meant. A language, event or feed that nobody knows is wrong usage."""
    from monitor.assemble import events_of

    events = [event.id for event in events_of(config)] if any(asked["event"]) else []
    feeds = [feed.name for feed in config.feeds]
    names = Known(events, feeds, config.languages, config.keep_others)
    try:
        return wanted(asked, names, datetime.now(UTC))
    except InputError as error:
        raise click.UsageError(str(error)) from None


def known(asked: Iterable[str], what: str, names: Collection[str]) -> None:
    """Raise :class:`click.UsageError` naming the nearest, where a name is not one of ``names``."""
    try:
        check(asked, what, names)
    except InputError as error:
        raise click.UsageError(str(error)) from None

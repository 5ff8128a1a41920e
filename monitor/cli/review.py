"""``monitor review``: people's yes and no."""

from __future__ import annotations

import getpass
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import click

from monitor.cli._filter import known
from monitor.cli._options import config_option, configured, rtl_option
from monitor.errors import InputError
from monitor.model import Decision, Filter, Link, Verdict
from monitor.store import Store
from monitor.yamlfile import suggest

# The settings file may be named before or after the subcommand.
_config = click.option("--config", "own", type=click.Path(path_type=Path), help="Settings file.")


@click.group(invoke_without_command=True)
@config_option
@rtl_option
@click.pass_context
def command(context: click.Context, config_path: Path, rtl: Literal["logical", "visual"]) -> None:
    """Accept or reject links, or assign posts to events.

    Without a subcommand: go through suggested links one by one, the least certain first. Decisions
    are only ever added; the latest counts.
    """
    context.obj = config_path
    if context.invoked_subcommand is None:
        _interactive(config_path, rtl)


@command.command()
@click.argument("links", nargs=-1, required=True)
@click.option("--note", default="", help="Why.")
@_config
@click.pass_obj
def accept(config_path: Path, links: tuple[str, ...], note: str, own: Path | None) -> None:
    """LINKS are about their events."""
    _decide(own or config_path, links, "accept", note)


@command.command()
@click.argument("links", nargs=-1, required=True)
@click.option("--note", default="", help="Why.")
@_config
@click.pass_obj
def reject(config_path: Path, links: tuple[str, ...], note: str, own: Path | None) -> None:
    """LINKS are not about their events."""
    _decide(own or config_path, links, "reject", note)


@command.command()
@click.argument("post")
@click.argument("event")
@click.option("--note", default="", help="Why.")
@_config
@click.pass_obj
def assign(config_path: Path, post: str, event: str, note: str, own: Path | None) -> None:
    """POST is about EVENT; "none" says it is about no known event."""
    from monitor.assemble import events_of

    with configured(own or config_path) as (config, store):
        if store.get(post) is None:
            raise InputError(f"no post {post!r}; ids are those in `monitor links`")
        if event != "none":
            known([event], "event", [each.id for each in events_of(config)])
        verdict: Verdict = "none" if event == "none" else "assign"
        about = None if event == "none" else event
        store.decide(Decision(post, about, verdict, _who(), datetime.now(UTC), note))
    click.echo(f"{post}: {verdict} {about or ''}".rstrip())


def _decide(config_path: Path, asked: tuple[str, ...], verdict: Verdict, note: str) -> None:
    with configured(config_path) as (_, store):
        found = find_links(store, asked)
        for link in found:
            decision = Decision(
                link.post_id, link.event_id, verdict, _who(), datetime.now(UTC), note
            )
            store.decide(decision)
            click.echo(f"{link.id}: {verdict} {link.post_id} {link.event_id}")


def find_links(store: Store, asked: tuple[str, ...]) -> list[Link]:
    """The links with these ids. Raises :class:`InputError` for an unknown one, with the nearest
    that begins like it."""
    return [_find_link(store, name) for name in dict.fromkeys(asked)]


def _find_link(store: Store, name: str) -> Link:
    found = [link for link in store.find_links(name) if link.id == name]
    if not found:
        hint = suggest(name, [link.id for link in store.find_links(name[:2])])
        raise InputError(f"no link {name!r}{hint}; ids are those in `monitor links`")
    if len(found) > 1:  # of a million links, two may have the same ten digits
        posts = " and ".join(link.post_id for link in found)
        raise InputError(f"{name!r} is a link of {posts}: name one with `monitor review assign`")
    return found[0]


def _interactive(config_path: Path, rtl: Literal["logical", "visual"]) -> None:
    from monitor.assemble import events_of
    from monitor.show.block import Look
    from monitor.show.review import HELP, answer, begin, question

    with configured(config_path) as (config, store):
        events = {event.id: event for event in events_of(config)}
        review = begin(store.linked(Filter(statuses=("suggested",))))
        click.echo(f"{len(review.items)} suggested links.\n{HELP}")
        while review.items:
            look = Look(shutil.get_terminal_size().columns, rtl)
            click.echo("\n" + "\n".join(question(review, events, look)))
            try:
                typed = click.prompt(">", prompt_suffix=" ", default="s", show_default=False)
            except click.Abort:  # end of input: what was decided is kept
                typed = "q"
            if typed.strip() == "q":
                break
            try:
                review, decision = answer(
                    review, typed, who=_who(), now=datetime.now(UTC), events=events
                )
            except InputError as error:
                event = typed.strip().partition(" ")[2]
                click.echo(f"{error}{suggest(event, events) if event else ''}")
                continue
            if decision:
                store.decide(decision)
        click.echo(f"{len(review.decided)} decided.")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"

"""``monitor alerts``: the rules, what they told and what is still to be sent; and a test."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from monitor.cli._filter import known
from monitor.cli._options import config_option, configured, json_option, print_json
from monitor.config import Config
from monitor.errors import InputError, MonitorError
from monitor.model import Filter
from monitor.show.alerts import notes
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.settings import Channel, Rule
from monitor.show.alerts.waiting import Group
from monitor.show.json import dumps, moment
from monitor.show.text import safe_line
from monitor.show.view import count
from monitor.store import Store

LOOKED_AT = 1000  # posts, the newest, for one that a test can tell of


@click.group()
def command() -> None:
    """Alerts: list what was told and what waits, or send a test.

    The rules are `alerts` in config.yaml; `monitor run` watches for them and sends.
    """


@command.command("list")
@config_option
@json_option
def list_(config_path: Path, as_json: bool) -> None:
    """Show each rule, what waits for its hour, what is being sent, and what was."""
    with configured(config_path) as (config, store):
        waiting = list(notes.every(store, Group, notes.WAITING).values())
        entries = {
            state: sorted(notes.every(store, Entry, prefix).values(), key=lambda e: e.created_at)
            for state, prefix in (
                ("to send", notes.OUTBOX), ("sent", notes.SENT), ("given up", notes.FAILED),
            )
        }  # fmt: skip
    if as_json:
        print_json(
            {
                "rules": [rule.model_dump(mode="json") for rule in config.alerts],
                "waiting": [_waiting(group) for group in waiting],
                "alerts": [
                    _entry(entry, state) for state, some in entries.items() for entry in some
                ],
            }
        )
        return
    if not config.alerts:
        click.echo(f"No alerts: {config_path} has no rules under `alerts`.")
    for rule in config.alerts:
        click.echo(f"{rule.name} ({rule.kind}) to {', '.join(map(str, rule.to))}")
    for group in waiting:
        about = group.event_id or "no event"
        said = f"{count(group.number, 'post')} about {safe_line(about)}"
        click.echo(f"waiting   {group.since:%Y-%m-%d %H:%M} {group.rule}: {said}")
    for state, some in entries.items():
        for entry in some:
            click.echo(f"{state:9} {entry.created_at:%Y-%m-%d %H:%M} {_told(entry)}")


@command.command()
@click.argument("rule_name", metavar="[RULE]", required=False)
@click.option("--show", is_flag=True, help="Print the JSON and send nothing.")
@config_option
def test(rule_name: str | None, show: bool, config_path: Path) -> None:
    """Send a test alert to every channel of RULE, or of all rules.

    It tells of the newest post that fits the rule, or of the newest at all, and is marked as a
    test. Exit status 1 where a channel did not take it.
    """
    with configured(config_path) as (config, store):
        if not config.alerts:
            raise InputError(f"{config_path} has no rules under `alerts`")
        if rule_name:
            known([rule_name], "alert", [rule.name for rule in config.alerts])
        rules = [rule for rule in config.alerts if rule_name in (None, rule.name)]
        documents = {rule.name: _test_document(rule, store) for rule in rules}
    if show:
        for document in documents.values():
            click.echo(dumps(document, indent=2))
        return
    failed = 0
    for rule in rules:
        for channel, error in _tried(rule, documents[rule.name], config):
            failed += error is not None
            said = f"NOT SENT: {safe_line(str(error))}" if error else "sent"
            click.echo(f"{rule.name} → {channel}: {said}")
    if failed:
        raise MonitorError(f"{count(failed, 'channel')} did not take the test alert")


def _test_document(rule: Rule, store: Store) -> dict[str, Any]:
    from monitor.show.alerts.document import alert
    from monitor.show.alerts.match import Match, match

    posts = store.latest(Filter(others=True), limit=LOOKED_AT)
    if not posts:
        raise InputError("the store has no post yet to tell of: start `monitor run` first")
    fits = next((found for lp in posts if (found := match(rule, lp))), None)
    found = fits or Match(posts[0], None)
    now = datetime.now(UTC)
    group = Group(rule.name, found.event_id, now, (found.lp.post.id,), 1)
    return alert(rule, group, [found], now, test=True)


def _tried(
    rule: Rule, document: dict[str, Any], config: Config
) -> Iterator[tuple[Channel, MonitorError | None]]:
    from monitor.show.alerts.send import deliver

    text, now = dumps(document), datetime.now(UTC)
    for channel in rule.to:
        missing = [name for name in rule.missing_secrets() if name in set(channel.secrets())]
        if missing:
            yield channel, InputError(f"the environment variable {missing[0]} is not set")
            continue
        entry = Entry(
            document["id"], rule.name, channel.id, str(channel), document["title"], now, now
        )
        try:
            asyncio.run(deliver(channel, entry, text, now, proxy=config.net.proxy))
        except MonitorError as error:
            yield channel, error
        else:
            yield channel, None


def _told(entry: Entry) -> str:
    said = f"{entry.rule}: {safe_line(entry.title)} → {safe_line(entry.label)}"
    if entry.last_error:
        times = "once" if entry.attempts == 1 else f"{entry.attempts} times"
        said += f", tried {times}: {safe_line(entry.last_error)}"
    return said


def _waiting(group: Group) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "event_id": group.event_id or None,
        "since": moment(group.since),
        "posts": group.number,
    }


def _entry(entry: Entry, state: str) -> dict[str, Any]:
    return {
        "id": entry.alert_id,
        "state": state.replace(" ", "_"),
        "rule": entry.rule,
        "channel": entry.label,
        "title": entry.title,
        "created_at": moment(entry.created_at),
        "attempts": entry.attempts,
        "next_at": moment(entry.next_at) if state == "to send" else None,
        "last_error": entry.last_error,
    }

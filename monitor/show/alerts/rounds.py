"""What one round of alerting changes. Decisions over what the store has; they write nothing.

Each function answers with notes to be kept together or not at all, so that a kill at any instant
leaves either all of a round or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor.model import LinkedPost
from monitor.show.alerts import notes
from monitor.show.alerts.document import alert
from monitor.show.alerts.match import Match, match
from monitor.show.alerts.outbox import Entry
from monitor.show.alerts.rate import Rate, counted, pruned, spiking
from monitor.show.alerts.settings import Rule
from monitor.show.alerts.waiting import Group, is_due
from monitor.show.json import dumps

log = logging.getLogger(__name__)

Changes = dict[str, str | None]


class Read(notes.Noted, Protocol):
    """What deciding needs to read of a store."""

    def get(self, post_id: str) -> LinkedPost | None: ...
    def noted(self, keys: Sequence[str]) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Story:
    """An emerging story: posts (by id) that tell one thing and are about no known event.

    ``size`` counts all of them, ``feeds`` the feeds they came from.
    """

    title: str
    post_ids: tuple[str, ...]
    size: int
    feeds: int


@dataclass(frozen=True, slots=True)
class _Hit:
    rule: Rule
    match: Match
    seen: str  # the note that says it was met before

    @property
    def post_id(self) -> str:
        return self.match.lp.post.id


def look(rules: Iterable[Rule], store: Read, posts: Sequence[LinkedPost], now: datetime) -> Changes:
    """``posts`` came or changed: those that fit a rule for the first time begin to wait."""
    hits = [hit for rule in rules for lp in posts if (hit := _hit(rule, lp, now))]
    met = store.noted([hit.seen for hit in hits])
    changes: Changes = {}
    groups: dict[str, Group] = {}
    rates: dict[str, tuple[Rate, Rule, str]] = {}
    for hit in hits:
        if hit.seen in met or hit.seen in changes:
            continue
        changes[hit.seen] = "1"
        rule, event = hit.rule, hit.match.event_id
        if rule.kind == "post":
            _wait(groups, store, Group(rule.name, event, now), [hit.post_id])
        else:
            name = notes.key("rate", rule.name, event)
            rate = rates[name][0] if name in rates else notes.one(store, Rate, name)
            rate = counted(
                rate or Rate({}), rule.spike_or_default, hit.post_id, hit.match.lp.post.at
            )
            rates[name] = (rate, rule, event)
    for name, (rate, rule, event) in rates.items():
        changes[name] = notes.dump(pruned(rate, rule.spike_or_default, now))
        _spike(groups, store, rule, event, rate, now)
    return changes | _dumped(groups)


def emerge(rules: Iterable[Rule], store: Read, stories: Sequence[Story], now: datetime) -> Changes:
    """Stories of which most posts have not been told begin to wait."""
    changes: Changes = {}
    groups: dict[str, Group] = {}
    for rule in rules:
        wanted = rule.emerging_or_default
        for story in stories:
            if story.size < wanted.least or story.feeds < wanted.feeds:
                continue
            found = [lp for each in story.post_ids if (lp := store.get(each))]
            fitting = [lp for lp in found if match(rule, lp) and _recent(rule, lp, now)]
            if not found or len(fitting) * 2 < len(found):
                continue
            seen = [notes.key("seen", rule.name, lp.post.id) for lp in found]
            told = len(store.noted(seen)) * 2 >= len(seen)
            changes |= dict.fromkeys(seen, "1")
            if not told:
                about = f"story {found[0].post.id}"
                group = Group(rule.name, about, now, title=story.title)
                _wait(groups, store, group, [lp.post.id for lp in found])
                name = notes.key("waiting", rule.name, about)
                groups[name] = replace(groups[name], number=story.size)
    return changes | _dumped(groups)


def tell(rules: Mapping[str, Rule], store: Read, started: datetime, now: datetime) -> Changes:
    """What waits and is due becomes alerts in the outbox, one entry for each channel."""
    changes: Changes = {}
    for name, group in notes.every(store, Group, notes.WAITING).items():
        rule = rules.get(group.rule)
        if rule is None:
            log.warning("alert %r is no longer in the settings; what waited is dropped", group.rule)
            changes[name] = None
            continue
        last_name = notes.key("last", rule.name, group.event_id)
        if not is_due(rule, group, notes.one(store, datetime, last_name), started, now):
            continue
        changes[name] = None
        matches = _still(rule, group, store)
        if matches:
            changes |= _entries(rule, group, matches, now)
            changes[last_name] = notes.dump(now)
    return changes


def _hit(rule: Rule, lp: LinkedPost, now: datetime) -> _Hit | None:
    if rule.kind == "emerging" or not _recent(rule, lp, now):
        return None
    found = match(rule, lp)
    if found is None:
        return None
    # A post told again by another feed is no second piece of news; it does count for a rate.
    first = lp.duplicates.of or lp.analysis.duplicate_of if rule.kind == "post" else None
    # Only to a rule that asks for links a post told before is news once it has another link.
    event = found.event_id if rule.about_links else ""
    return _Hit(rule, found, notes.key("seen", rule.name, event, first or lp.post.id))


def _recent(rule: Rule, lp: LinkedPost, now: datetime) -> bool:
    return now - lp.post.at <= timedelta(seconds=rule.recent)


def _wait(groups: dict[str, Group], store: Read, fresh: Group, posts: Sequence[str]) -> None:
    """Add ``posts`` to the group that waits already, or to ``fresh`` where none does."""
    name = notes.key("waiting", fresh.rule, fresh.event_id)
    waiting = groups.get(name) or notes.one(store, Group, name) or fresh
    groups[name] = waiting.plus(posts)


def _spike(
    groups: dict[str, Group], store: Read, rule: Rule, event: str, rate: Rate, now: datetime
) -> None:
    name = notes.key("waiting", rule.name, event)
    began = notes.one(store, datetime, notes.key("began", rule.name)) or now
    spike = spiking(rate, rule.spike_or_default, began, now)
    last = notes.one(store, datetime, notes.key("last", rule.name, event))
    known = last is not None and now < last + timedelta(seconds=rule.cooldown_s)
    if spike is None or known:
        return
    waiting = notes.one(store, Group, name) or Group(rule.name, event, now)
    groups[name] = replace(waiting, posts=spike.posts, number=spike.count, usual=spike.usual)


def _still(rule: Rule, group: Group, store: Read) -> list[Match]:
    """The posts of ``group`` that still fit: nobody rejected the link or deleted the post."""
    found = [lp for post_id in group.posts if (lp := store.get(post_id))]
    if rule.kind == "emerging":
        return [Match(lp, None) for lp in found if not lp.deleted_at]
    about = rule.model_copy(update={"events": (group.event_id,)}) if group.event_id else rule
    return [each for lp in found if (each := match(about, lp))]


def _entries(rule: Rule, group: Group, matches: Sequence[Match], now: datetime) -> Changes:
    document = alert(rule, group, matches, now)
    text = dumps(document)
    changes: Changes = {}
    for each in rule.to:
        entry = Entry(document["id"], rule.name, each.id, str(each), document["title"], now, now)
        changes[notes.OUTBOX + entry.key] = notes.dump(entry)
        changes[notes.DOCUMENT + entry.key] = text
    return changes


def _dumped(groups: Mapping[str, Group]) -> Changes:
    return {name: notes.dump(group) for name, group in groups.items()}

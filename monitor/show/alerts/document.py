"""An alert as people and programs get it. Everything needed to judge it is inside.

The JSON (``monitor.alert/1``) is described by ``monitor/schemas/alert.schema.json``; the posts in
it are linked posts as exported everywhere else, with originals, translations and evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from monitor.model import Link, LinkedPost
from monitor.show.alerts.match import Match
from monitor.show.alerts.settings import Rule
from monitor.show.alerts.waiting import Group
from monitor.show.json import linked_post, moment
from monitor.show.text import cut, safe_line
from monitor.show.view import count, percent, plain_lines, translated

SCHEMA = "monitor.alert/1"
TOLD = 10  # posts in full; the rest is counted


def alert(
    rule: Rule, group: Group, matches: Sequence[Match], now: datetime, *, test: bool = False
) -> dict[str, Any]:
    """The alert on ``group``. ``matches`` are its posts as they are now, at least one.

    Its id follows from what it tells, so that the same alert made twice has the same id.
    """
    told = _strongest(matches)
    link = next((each.link for each in told if each.link), None)
    summary = _summary(rule, group, told, link)
    title = f"{'Test: ' if test else ''}{_title(group, told, link)}"
    return {
        "schema": SCHEMA,
        "id": alert_id(group),
        "rule": rule.name,
        "kind": rule.kind,
        "test": test,
        "created_at": moment(now),
        "title": title,
        "summary": summary,
        "event": {"id": link.event_id, "title": link.title} if link else None,
        "posts": [linked_post(each.lp) for each in told],
        "posts_in_all": max(group.number, len(told)),
        "usual": group.usual,
        "text": _text(title, summary, told),
    }


def alert_id(group: Group) -> str:
    """Sixteen hexadecimal digits."""
    said = "\0".join((group.rule, group.event_id, moment(group.since) or "", *group.posts))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _strongest(matches: Sequence[Match]) -> list[Match]:
    def rank(each: Match) -> tuple[float, int, float]:
        probability = each.link.probability if each.link else 0.0
        return -probability, -each.lp.duplicates.count, -each.lp.post.at.timestamp()

    return sorted(matches, key=rank)[:TOLD]


def _title(group: Group, told: Sequence[Match], link: Link | None) -> str:
    if group.title:
        return f"Emerging: {cut(safe_line(group.title), 120)}"
    if link:
        return safe_line(link.title)
    return _first_line(told[0].lp)


def _first_line(lp: LinkedPost) -> str:
    said = translated(lp.analysis.translation)
    return cut(safe_line(said or lp.post.full_text), 120) or lp.post.id


def _summary(rule: Rule, group: Group, told: Sequence[Match], link: Link | None) -> str:
    number = max(group.number, len(told))
    posts = count(number, "post")
    feeds = count(len({each.lp.post.source for each in told}), "feed")
    since = f"{min(each.lp.post.at for each in told).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if rule.kind == "spike":
        usual = f"{group.usual or 0:.1f}".removesuffix(".0")
        return f"{posts} since {since}, where {usual} are usual in as long a time."
    if group.title:
        return f"{posts} since {since} in {feeds}, about no known event."
    if number > 1:
        best = f", at best {percent(link.probability)}, {link.status}" if link else ""
        return f"{posts} since {since} in {feeds}{best}."
    if link:
        return f"{link.status}, {percent(link.probability)}: {safe_line(link.explanation)}"
    return f"A post of {since} in {safe_line(told[0].lp.post.source)} that fits the rule."


def _text(title: str, summary: str, told: Sequence[Match]) -> str:
    parts = [title, summary]
    for each in told:
        lines = plain_lines(each.lp)
        if each.link:
            lines += [
                f"       {evidence.weight:+.1f} {safe_line(evidence.kind)}: "
                f"{safe_line(evidence.detail)}"
                for evidence in each.link.evidence
            ]
        url = safe_line(each.lp.post.url or "")
        if url.startswith(("http://", "https://")):
            lines.append(f"    {url}")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"

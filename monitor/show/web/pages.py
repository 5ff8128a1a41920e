"""What the web page shows, as HTML made of values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from html import escape
from math import inf
from urllib.parse import urlencode

from monitor.model import Event, Link, LinkedPost, Post
from monitor.show.html import card, line, linked_to, path, text
from monitor.show.report.facts import Facts
from monitor.show.report.page import pictures, sections, summary
from monitor.show.view import count
from monitor.show.wanted import STATUSES, Known

Asked = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Site:
    """What is the same on every page. ``token`` is None where nobody may decide anything."""

    known: Known
    titles: Mapping[str, str]  # of the known events, by id
    token: str | None = None

    def post(self, post_id: str) -> str | None:
        return path("posts", post_id)

    def event(self, event_id: str) -> str | None:
        return path("events", event_id) if event_id in self.titles else None


def page(title: str, main: str, *, here: str, state: str = "", script: bool = False) -> str:
    """A whole page. ``here`` is the address of the part of the site it belongs to."""
    links = "".join(
        f'<a href="{to}"{" aria-current=page" if to == here else ""}>{name}</a>'
        for to, name in (("/", "Posts"), ("/events", "Events"))
    )
    live = '<script src="/static/live.js" defer></script>' if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{line(title)} · monitor</title>"
        f'<link rel="stylesheet" href="/static/style.css"><link rel="icon" href="data:,">{live}'
        f'</head><body><nav class="top"><span class="name">monitor</span>{links}'
        f'<span class="state" id="state">{line(state)}</span></nav>'
        f"<main>{main}</main></body></html>\n"
    )


def posts_page(
    site: Site, posts: Sequence[LinkedPost], asked: Asked, state: str, seq: int, older: bool
) -> str:
    """The list of posts, newest change first, with the form that narrows it."""
    cards = "".join(post_card(site, lp) for lp in posts)
    nothing = "" if posts else '<p class="note" id="nothing">No post fits yet.</p>'
    more = ""
    if older and posts:
        query = {**asked, "before": [str(posts[-1].seq)]}
        more = f'<p class="more"><a href="/?{_query(query)}">older posts</a></p>'
    paged = "before" in asked
    main = (
        f"{_form(site, asked)}"
        '<button class="fresh" id="fresh" hidden></button>'
        f'{nothing}<div id="posts" data-seq="{seq}">{cards}</div>{more}'
    )
    return page("Posts", main, here="/", state=state, script=not paged)


def post_card(site: Site, lp: LinkedPost, *, evidence: bool = False) -> str:
    """A post in a list, or with its evidence on a page of its own; with buttons where one may
    decide."""
    forms = [_review(site.token, link) for link in lp.analysis.links] if site.token else []
    undecided = [
        form
        for form, link in zip(forms, lp.analysis.links, strict=False)
        if evidence or link.status == "suggested"
    ]
    return card(lp, site, evidence=evidence, doubtful=evidence, more="".join(undecided))


def nearest(events: Iterable[Event], at: datetime, most: int) -> list[Event]:
    """The events nearest in time to ``at``, those of no known time last."""

    def away(event: Event) -> float:
        start, end = event.started_at or event.ended_at, event.ended_at or event.started_at
        if start is None or end is None:
            return inf
        return max((start - at).total_seconds(), (at - end).total_seconds(), 0.0)

    return nsmallest(most, events, key=away)


def post_page(
    site: Site, lp: LinkedPost, versions: Sequence[Post], offered: Sequence[Event]
) -> str:
    """One post with everything that is known about it; where one may decide, it can be assigned
    to any event, ``offered`` being those to choose from."""
    rows = [
        ("id", line(lp.post.id)),
        ("collected", f"{lp.post.collected_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("published", line(lp.post.published_raw or "")),
        ("language", f"{line(lp.analysis.language.code)}, {lp.analysis.language.confidence:.2f}"),
    ]
    if english := lp.analysis.translation:
        draft = ", a draft" if english.draft else ""
        made = f"{line(english.engine)}, {line(english.model)}, trust {english.trust:.2f}{draft}"
        rows.append(("translation", made))
    for place in lp.analysis.places:
        where = f"{line(place.name)}, {line(place.country)} ({place.lat:.3f}, {place.lon:.3f})"
        rows.append(("place", f"<bdi>{line(place.mention)}</bdi> → {where}"))
    for parent in lp.post.parents:
        title = line(parent.title or parent.url)
        rows.append(("found in", linked_to(parent.url, f"<bdi>{title}</bdi>", away=True)))
    rows += [("medium", f"<bdi>{line(medium)}</bdi>") for medium in lp.post.media]
    if first := lp.duplicates.of or lp.analysis.duplicate_of:
        rows.append(("repeats", linked_to(site.post(first), line(first))))
    facts = "".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in rows if said)
    earlier = "".join(
        f'<p class="original" dir="auto">{text(version.full_text)}</p>' for version in versions[:-1]
    )
    before = f"<h2>Earlier texts</h2>{earlier}" if earlier else ""
    as_json = linked_to(path("api", "posts", lp.post.id), "as JSON")
    assign = _assign(site.token, lp.post.id, offered) if site.token else ""
    main = (
        f"<h1>Post</h1>{post_card(site, lp, evidence=True)}{assign}<dl>{facts}</dl>"
        f"{before}<p>{as_json}</p>"
    )
    return page(f"Post {lp.post.id}", main, here="/")


def events_page(events: Sequence[Event], lately: Mapping[str, int], of: int) -> str:
    """The known events, the latest first; ``lately`` counts them in the last ``of`` posts."""
    rows = []
    for event in events:
        when = f"{event.started_at:%Y-%m-%d}" if event.started_at else ""
        parts = [when, ", ".join(event.places[:6])]
        if lately.get(event.id):
            parts.append(f"{lately[event.id]} of the last {count(of, 'post')}")
        said = " · ".join(line(part) for part in parts if part)
        title = linked_to(path("events", event.id), f"<bdi>{line(event.title)}</bdi>")
        told = f'<p dir="auto">{text(event.summary)}</p>' if event.summary else ""
        rows.append(f'<li><b>{title}</b><div class="when">{said}</div>{told}</li>')
    nothing = '<p class="note">No events are known: name them in events.yaml.</p>'
    listed = f'<ul class="events">{"".join(rows)}</ul>' if rows else nothing
    return page("Events", f"<h1>Events</h1>{listed}", here="/events")


def event_page(site: Site, event: Event, facts: Facts, since: str) -> str:
    """One event: the report on it."""
    choices = " · ".join(
        f"<b>{span}</b>" if span == since else linked_to(f"?since={span}", span)
        for span in ("24h", "3d", "7d", "30d", "10000d")
    ).replace("10000d", "ever")
    parts = [
        f'<h1 dir="auto">{line(event.title)}</h1>',
        f'<p dir="auto">{text(event.summary)}</p>' if event.summary else "",
        f'<p class="note">{escape(summary(facts))}</p><p class="note">{choices}</p>',
        f"<p>{linked_to('/?' + urlencode({'event': event.id}), 'all its posts, live')}</p>",
    ]
    for title, picture in pictures(facts):
        parts.append(f"<h2>{title}</h2><figure>{picture}</figure>")
    for title, items in sections(facts):
        cards = "".join(post_card(site, lp) for lp, _ in items)
        parts.append(f"<h2>{title}</h2>{cards}")
    return page(event.title, "".join(parts), here="/events")


def error_page(said: str) -> str:
    return page("Sorry", f'<h1>Sorry</h1><p class="error">{line(said)}</p>', here="")


def _form(site: Site, asked: Asked) -> str:
    known = site.known

    def chosen(name: str) -> str:
        return next(iter(asked.get(name, ())), "")

    def choice(name: str, label: str, values: Mapping[str, str]) -> str:
        options = "".join(
            f'<option value="{line(value)}"{" selected" if value == chosen(name) else ""}>'
            f"{line(said)}</option>"
            for value, said in values.items()
        )
        every = f'<option value="">{label}</option>'
        return f'<select name="{name}" aria-label="{label}">{every}{options}</select>'

    def same(names: Iterable[str]) -> dict[str, str]:
        return {name: name for name in names}

    events = dict(sorted(site.titles.items(), key=lambda item: item[1]))
    return (
        '<form class="filter" method="get" action="/">'
        '<input type="search" name="search" dir="auto" placeholder="words" aria-label="words"'
        f' value="{line(chosen("search"))}">'
        f"{choice('lang', 'any language', same(sorted(known.languages)))}"
        f"{choice('status', 'any status', same(STATUSES))}"
        f"{choice('event', 'any event', events)}"
        f"{choice('source', 'any feed', same(sorted(known.feeds)))}"
        '<input name="since" size="6" placeholder="since" aria-label="since, such as 2h"'
        f' value="{line(chosen("since"))}"><button>filter</button></form>'
    )


def _review(token: str, link: Link) -> str:
    inner = (
        f'<input type="hidden" name="event" value="{escape(link.event_id)}">'
        f"{_verdict('accept')}{_verdict('reject')}"
        f'<span class="reason"><bdi>{line(link.title)}</bdi></span>'
    )
    return _decision(token, link.post_id, inner)


def _assign(token: str, post_id: str, offered: Sequence[Event]) -> str:
    options = "".join(
        f'<option value="{escape(event.id)}">{line(event.title)}</option>' for event in offered
    )
    inner = (
        '<input name="event" list="offered" dir="auto" required placeholder="another event"'
        f' aria-label="another event"><datalist id="offered">{options}</datalist>'
        f"{_verdict('assign')}{_verdict('none', 'none of the events', free=True)}"
    )
    return _decision(token, post_id, inner)


def _decision(token: str, post_id: str, inner: str) -> str:
    return (
        '<form class="review" method="post" action="/review">'
        f'<input type="hidden" name="token" value="{escape(token)}">'
        f'<input type="hidden" name="post" value="{escape(post_id)}">{inner}</form>'
    )


def _verdict(verdict: str, said: str = "", *, free: bool = False) -> str:
    """A button. ``free``: what the form asks for need not be given."""
    asked = " formnovalidate" if free else ""
    return (
        f'<button class="{verdict}" name="verdict" value="{verdict}"{asked}>'
        f"{said or verdict}</button>"
    )


def _query(asked: Asked) -> str:
    return escape(urlencode([(name, value) for name, some in asked.items() for value in some]))

"""A linked post as HTML: for the web page and for reports.

Everything a stranger wrote is cleaned, escaped, and in an element of its own with ``dir="auto"``,
so that it neither runs nor moves what stands around it. Nothing here loads anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Protocol
from urllib.parse import quote

from monitor.model import Evidence, Link, LinkedPost
from monitor.show.text import safe, safe_line
from monitor.show.view import LinkView, PostView, view

_CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?")
_WEB = re.compile(r"https?://[^\s<>\"'\\]+")
_WIDEST = 4.0  # log-odds that fill a bar; evidence rarely weighs more


class Addresses(Protocol):
    """Where a page's own links lead; ``None`` where there is no such page."""

    def post(self, post_id: str) -> str | None: ...
    def event(self, event_id: str) -> str | None: ...


class Nowhere:
    """The addresses of a page that stands alone."""

    def post(self, post_id: str) -> str | None:  # noqa: ARG002
        return None

    def event(self, event_id: str) -> str | None:  # noqa: ARG002
        return None


def text(said: str) -> str:
    """A stranger's ``said``, cleaned and escaped. Line breaks stay."""
    return escape(safe(said))


def line(said: str) -> str:
    """The same on one line."""
    return escape(safe_line(said))


def linked_to(url: str | None, inner: str, *, away: bool = False) -> str:
    """``inner`` (HTML) as a link, or alone where ``url`` is none or not one to be followed."""
    if not url or (away and not _WEB.fullmatch(url)):
        return inner
    more = ' rel="noopener noreferrer nofollow" target="_blank"' if away else ""
    return f'<a href="{escape(url)}"{more}>{inner}</a>'


def path(*parts: str) -> str:
    """An address on this site: ``path("posts", id)``."""
    return "/" + "/".join(quote(part, safe=":") for part in parts)


def card(
    lp: LinkedPost,
    to: Addresses,
    *,
    evidence: bool = False,
    doubtful: bool = False,
    more: str = "",
) -> str:
    """One post: who and when, the original, the English, links and why, facts, warnings.

    ``evidence`` shows what each link rests on, ``doubtful`` a draft too that is probably wrong;
    ``more`` is HTML to be put at the end.
    """
    seen = view(lp, doubtful=doubtful)
    links = {link.id: link for link in lp.analysis.links}
    parts = [
        f'<article class="post" data-id="{line(lp.post.id)}" data-seq="{lp.seq}">',
        _heading(lp, seen, to),
        f'<p class="original" dir="auto"{_lang(seen.language)}>{escape(seen.original)}</p>',
    ]
    if seen.translation:
        mark = '<b class="draft" title="by the small embedded model">draft</b> '
        said = f"{mark if seen.draft else ''}{escape(seen.translation)}"
        parts.append(f'<p class="english" lang="en" dir="auto">{said}</p>')
    parts += [_link(each, links[each.id], to, evidence) for each in seen.links]
    if seen.facts:
        facts = " · ".join(f"<bdi>{escape(fact)}</bdi>" for fact in seen.facts)
        parts.append(f'<p class="facts">{facts}</p>')
    parts += [f'<p class="warning" dir="auto">! {escape(said)}</p>' for said in seen.warnings]
    return "".join([*parts, more, "</article>"])


def _heading(lp: LinkedPost, seen: PostView, to: Addresses) -> str:
    time = f'<time datetime="{lp.post.at.isoformat()}">{seen.time}</time>'
    parts = [
        linked_to(to.post(lp.post.id), time),
        f'<span class="language">{escape(seen.language)}</span>',
        f"<bdi>{escape(seen.source)}</bdi>",
        *(f"<bdi>{escape(name)}</bdi>" for name in (seen.author, seen.handle) if name),
    ]
    if lp.post.url and _WEB.fullmatch(lp.post.url):
        parts.append(linked_to(lp.post.url, "original&nbsp;↗", away=True))
    return f'<header class="meta">{" ".join(parts)}</header>'


def _link(seen: LinkView, link: Link, to: Addresses, evidence: bool) -> str:
    title = linked_to(to.event(link.event_id), f"<bdi>{escape(seen.title)}</bdi>")
    why = f'<p class="reason" dir="auto">{escape(seen.reason)}</p>' if seen.reason else ""
    bars = _bars(link.evidence) if evidence else ""
    return (
        f'<div class="link {seen.status}"><p><span class="status">{seen.status}</span>'
        f" <b>{seen.percent}</b> {title}</p>{why}{bars}</div>"
    )


def _bars(evidence: Iterable[Evidence]) -> str:
    """Each piece of evidence with its weight as a bar; a meter is drawn without inline styles."""
    rows = "".join(
        f'<tr class="{"for" if each.weight >= 0 else "against"}"><th>{line(each.kind)}</th>'
        f"<td>{each.weight:+.1f}</td>"
        f'<td><meter min="0" max="{_WIDEST}" value="{min(abs(each.weight), _WIDEST):.2f}"></meter>'
        f'</td><td dir="auto">{line(each.detail)}</td></tr>'
        for each in sorted(evidence, key=lambda each: -each.weight)
    )
    return f'<table class="evidence">{rows}</table>' if rows else ""


def _lang(code: str) -> str:
    return f' lang="{code}"' if _CODE.fullmatch(code) and code != "und" else ""

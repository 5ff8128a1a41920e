"""A report as one self-contained HTML page, or as Markdown with its pictures inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import escape

from monitor.model import Link, LinkedPost
from monitor.show.report.charts import bars, bars_over_time, map_of
from monitor.show.report.facts import Facts
from monitor.show.text import safe, safe_line
from monitor.show.view import count, percent, translated

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "svg{max-width:100%;height:auto}article{border-left:3px solid #2a6f97;margin:1rem 0;"
    "padding:0 1rem}p{white-space:pre-line}.meta{color:#666}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(facts: Facts) -> str:
    """One page that needs nothing else: pictures are inside, nothing runs, nothing is fetched."""
    parts = [f"<p>{escape(_summary(facts))}</p>"]
    for title, picture in _pictures(facts):
        parts.append(f"<h2>{title}</h2>{picture}")
    for title, items in _sections(facts):
        parts.append(f"<h2>{title}</h2>" + "".join(_article(lp, link) for lp, link in items))
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(safe_line(facts.title))}</title><style>{_STYLE}</style>"
        f"<h1>{escape(safe_line(facts.title))}</h1>{''.join(parts)}</html>\n"
    )


def markdown(facts: Facts) -> str:
    """CommonMark; the pictures are ``data:`` URLs, so that one file is the whole report."""
    parts = [f"# {_md(safe_line(facts.title))}", _md(_summary(facts))]
    for title, picture in _pictures(facts):
        data = base64.b64encode(picture.encode()).decode()
        parts += [f"## {title}", f"![{title}](data:image/svg+xml;base64,{data})"]
    for title, items in _sections(facts):
        parts.append(f"## {title}")
        for lp, link in items:
            parts.append(f"**{_md(_who(lp))}** — {_md(_standing(link))}")
            parts += [_quoted(safe(lp.post.full_text))]
            if english := translated(lp.analysis.translation):
                parts.append(_quoted(english))
            parts.append(_md(" ".join(_reasons(lp, link))))
            if url := _web(lp):
                parts.append(f"<{url}>")
    return "\n\n".join(parts) + "\n"


def _summary(facts: Facts) -> str:
    said = ", ".join(f"{number} {name}" for name, number in facts.statuses)
    return (
        f"{count(facts.posts, 'post')} from {facts.since:%Y-%m-%d %H:%M} to"
        f" {facts.until:%Y-%m-%d %H:%M} UTC{f' ({said})' if said else ''};"
        f" {count(facts.repeats, 'of them repeats', 'of them repeat')} an earlier one."
        f" Event {safe_line(facts.event_id)}."
    )


def _pictures(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "Timeline", bars_over_time(facts.timeline)
    if facts.posts:
        yield "Languages", bars(facts.languages, "Posts by language")
        yield "Sources", bars(facts.sources, "Posts by source")
    if facts.places:
        yield "Map", map_of(facts.places)


def _sections(facts: Facts) -> Iterator[tuple[str, tuple[tuple[LinkedPost, Link], ...]]]:
    if facts.strongest:
        yield "Strongest posts", facts.strongest
    if facts.contradicting:
        yield "What contradicts", facts.contradicting


def _article(lp: LinkedPost, link: Link) -> str:
    english = translated(lp.analysis.translation)
    url = _web(lp)
    return (
        f'<article><p class="meta"><bdi>{escape(_who(lp))}</bdi> — {escape(_standing(link))}</p>'
        f'<p dir="auto">{escape(safe(lp.post.full_text))}</p>'
        + (f'<p lang="en">{escape(english)}</p>' if english else "")
        + f'<p class="meta" dir="auto">{escape(" ".join(_reasons(lp, link)))}</p>'
        + (f'<p><a rel="noreferrer" href="{escape(url)}">{escape(url)}</a></p>' if url else "")
        + "</article>"
    )


def _who(lp: LinkedPost) -> str:
    name = safe_line(lp.post.author.name or lp.post.author.handle or lp.post.source)
    repeats = f", repeated {count(lp.duplicates.count, 'time')}" if lp.duplicates.count else ""
    return f"{lp.post.at:%Y-%m-%d %H:%M} UTC, {name}{repeats}"


def _standing(link: Link) -> str:
    return f"{link.status}, {percent(link.probability)}"


def _reasons(lp: LinkedPost, link: Link) -> list[str]:
    against = [f"Against: {e.kind}, {e.detail}." for e in link.evidence if e.weight < 0]
    doubts = lp.analysis.translation.warnings if lp.analysis.translation else ()
    doubts = tuple(f"Translation: {doubt}." for doubt in doubts)
    return [safe_line(said) for said in (link.explanation, *against, *doubts)]


def _web(lp: LinkedPost) -> str:
    url = lp.post.url or ""
    return url if re.fullmatch(r"https?://[^\s<>\"]+", url) else ""


def _quoted(text: str) -> str:
    return "\n".join(f"> {_md(line)}" for line in text.split("\n"))


def _md(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>()#+!|~&-])", r"\\\1", text)

"""A report as one self-contained HTML page, or as Markdown with its pictures inside."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files

from monitor.model import Link, LinkedPost
from monitor.show.html import Nowhere, card, line
from monitor.show.report.charts import bars, bars_over_time, map_of
from monitor.show.report.facts import Facts
from monitor.show.text import safe, safe_line
from monitor.show.view import count, percent, translated

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(facts: Facts) -> str:
    """One page that needs nothing else: pictures are inside, nothing runs, nothing is fetched."""
    style = files("monitor.show.web").joinpath("style.css").read_text("utf-8")
    title = line(facts.title)
    parts = [f'<h1 dir="auto">{title}</h1><p class="note">{escape(summary(facts))}</p>']
    for name, picture in pictures(facts):
        parts.append(f"<h2>{name}</h2><figure>{picture}</figure>")
    for name, items in sections(facts):
        cards = "".join(card(lp, Nowhere(), evidence=True) for lp, _ in items)
        parts.append(f"<h2>{name}</h2>{cards}")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{title}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def inside(_name: str, picture: str) -> str:
    """The address of a picture that is inside its page."""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"


def markdown(facts: Facts, address: Callable[[str, str], str] = inside) -> str:
    """CommonMark. ``address`` gets a picture's name (``timeline``) and SVG and answers where it
    is; by default inside, so that one file is the whole report."""
    parts = [f"# {_md(safe_line(facts.title))}", _md(summary(facts))]
    for title, picture in pictures(facts):
        parts += [f"## {title}", f"![{title}]({address(title.lower(), picture)})"]
    for title, items in sections(facts):
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


def summary(facts: Facts) -> str:
    said = ", ".join(f"{number} {name}" for name, number in facts.statuses)
    return (
        f"{count(facts.posts, 'post')} from {facts.since:%Y-%m-%d %H:%M} to"
        f" {facts.until:%Y-%m-%d %H:%M} UTC{f' ({said})' if said else ''};"
        f" {count(facts.repeats, 'of them repeats', 'of them repeat')} an earlier one."
        f" Event {safe_line(facts.event_id)}."
    )


def pictures(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "Timeline", bars_over_time(facts.timeline)
    if facts.posts:
        yield "Languages", bars(facts.languages, "Posts by language")
        yield "Sources", bars(facts.sources, "Posts by source")
    if facts.named:
        yield "Places", bars(facts.named, "Posts by place named")
    if facts.places:
        yield "Map", map_of(facts.places)


def sections(facts: Facts) -> Iterator[tuple[str, tuple[tuple[LinkedPost, Link], ...]]]:
    if facts.strongest:
        yield "Strongest posts", facts.strongest
    if facts.contradicting:
        yield "What contradicts", facts.contradicting


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
    """``text`` as CommonMark that means just that; as few backslashes as will do."""
    text = re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", text)
    text = re.sub(r"&(?=#?\w+;)", r"\\&", text)
    return re.sub(r"^(\s*)([-+#=]|\d+(?=[.)]))", _at_line_start, text, flags=re.MULTILINE)


def _at_line_start(found: re.Match[str]) -> str:
    mark = found[2]
    # "1." would begin a list; a backslash is heeded before the full stop, not before the digit.
    return f"{found[1]}{mark}\\" if mark.isdigit() else f"{found[1]}\\{mark}"

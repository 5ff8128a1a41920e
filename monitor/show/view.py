"""What is said of one linked post: every string made safe, in the order it is read.

Both the plain lines and the coloured blocks are drawn from this, so that they say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo

from monitor.model import Link, LinkedPost, LinkStatus, Translation
from monitor.show.text import safe, safe_line

DRAFT = "draft: "


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: ``Title (97 %, confirmed)`` and the reason for it."""

    id: str
    title: str
    percent: str
    status: LinkStatus
    reason: str


@dataclass(frozen=True, slots=True)
class PostView:
    """A linked post in words. Only ``original`` and ``translation`` may hold line breaks."""

    time: str
    language: str
    source: str
    author: str
    handle: str
    original: str
    translation: str
    draft: bool  # the translation was made by the small embedded model: not to be relied on
    links: tuple[LinkView, ...]
    facts: tuple[str, ...]  # places, repeats, parents, edits
    warnings: tuple[str, ...]


def view(lp: LinkedPost, zone: tzinfo = UTC, *, doubtful: bool = False) -> PostView:
    """``lp`` in words, its time in ``zone``. ``doubtful``: also a draft that is probably wrong."""
    post, analysis = lp.post, lp.analysis
    translation = analysis.translation
    doubts = translation.warnings if translation else ()
    if translation and translation.doubtful and not doubtful:
        doubts = (f"its English is kept back: {'; '.join(doubts)}",)
        translation = None
    warnings = (*analysis.warnings, *doubts)
    return PostView(
        time=f"{post.at.astimezone(zone):%Y-%m-%d %H:%M}",
        language=safe_line(analysis.language.code),
        source=safe_line(f"{post.platform}·{post.source}"),
        author=safe_line(post.author.name or ""),
        handle=safe_line(post.author.handle or ""),
        original=safe(post.full_text).strip() or "(no text)",
        translation=safe(translation.text).strip() if translation else "",
        draft=bool(translation and translation.draft),
        links=tuple(_link(link) for link in sorted(analysis.links, key=_strongest_first)),
        facts=tuple(_facts(lp)),
        warnings=tuple(safe_line(warning) for warning in warnings),
    )


def translated(translation: Translation | None, *, doubtful: bool = False) -> str:
    """The English, safe to show, said to be a draft where it is one; ``""`` where there is none,
    or only a draft that is probably wrong and not asked for (``doubtful``)."""
    if translation is None or (translation.doubtful and not doubtful):
        return ""
    text = safe(translation.text).strip()
    return f"{DRAFT}{text}" if translation.draft else text


def percent(probability: float) -> str:
    """``97 %``; never ``100 %`` of what a machine is not sure of."""
    return f"{min(int(probability * 100 + 0.5), 99 if probability < 1 else 100)} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 article``, ``3 articles``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _strongest_first(link: Link) -> tuple[bool, float, str]:
    return (link.status == "rejected", -link.probability, link.event_id)


def _link(link: Link) -> LinkView:
    return LinkView(
        link.id,
        safe_line(link.title),
        percent(link.probability),
        link.status,
        safe_line(link.explanation),
    )


def _facts(lp: LinkedPost) -> list[str]:
    post, repeats = lp.post, lp.duplicates
    facts = []
    if lp.analysis.places:
        names = dict.fromkeys(f"{place.name}, {place.country}" for place in lp.analysis.places)
        facts.append("at " + "; ".join(safe_line(name) for name in names))
    if repeats.count:
        facts.append(
            f"{count(repeats.count, 'near-duplicate')} in {count(repeats.sources, 'feed')}"
        )
    if repeats.of or lp.analysis.duplicate_of:
        facts.append("repeats an earlier post")
    if post.parents:
        facts.append(f"found in {count(len(post.parents), 'page')}")
    if post.media:
        facts.append(f"{count(len(post.media), 'medium', 'media')}")
    if lp.versions > 1:
        facts.append(f"edited, version {lp.versions}")
    if lp.deleted_at:
        facts.append("deleted by its author")
    if not post.complete:
        facts.append("a reference only")
    return facts


def plain_lines(lp: LinkedPost, zone: tzinfo = UTC) -> list[str]:
    """``lp`` as a few lines for a file or a pipe: no control codes, no markup, nothing cut.

    Each field written by a stranger ends its line, so that right-to-left text in it moves nothing
    else.
    """
    seen = view(lp, zone)
    lines = [f"{seen.time} {seen.language:>2} {seen.source}  {seen.handle} {seen.author}".rstrip()]
    lines += [f"    {line}" for line in seen.original.split("\n") if line]
    label = "en (draft)" if seen.draft else "en"
    lines += [f"    {label}: {line}" for line in seen.translation.split("\n") if line]
    for link in seen.links:
        lines.append(f"    -> {link.status} {link.percent} {link.title}")
        if link.reason:
            lines.append(f"       {link.reason}")
    if seen.facts:
        lines.append("    " + " · ".join(seen.facts))
    lines += [f"    ! {warning}" for warning in seen.warnings]
    return lines

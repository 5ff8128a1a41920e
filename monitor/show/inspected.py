"""What the program sees in one text, as a page: how people learn to trust it.

Every string of a stranger ends its line, so that right-to-left text in it moves nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from babel import Locale

from monitor.model import Analysis, Evidence, Link, Place, Span
from monitor.show.text import cut, safe, safe_line, wrap
from monitor.show.view import percent, translated

_CELLS = 96
_QUOTE = 48  # cells of a span that are shown
_EVIDENCE = 6


def page(
    text: str, analysis: Analysis, normalised: str, considered: Sequence[Link], events: int
) -> Iterator[str]:
    """The lines of the page. ``considered`` are the best candidates, best first, linked or not;
    ``events`` is how many events are known."""
    yield "TEXT"
    yield from _indented(safe(text).strip() or "(nothing)")
    yield from _language(text, analysis)
    yield ""
    yield "MATCHED AS"
    same = " ".join(normalised.split()) == " ".join(text.split())
    yield from _indented("(as written)" if same else safe(normalised).strip())
    yield ""
    yield "PLACES" if analysis.places else "PLACES  none"
    for place in analysis.places:
        yield _place(place)
    yield ""
    yield "IN ENGLISH"
    english = translated(analysis.translation, doubtful=True)
    yield from _indented(english or "(no translation)")
    told = (*analysis.warnings, *(analysis.translation.warnings if analysis.translation else ()))
    for warning in told:
        yield f"  ! {safe_line(warning)}"
    yield from _events(analysis, considered, events)


def _indented(text: str) -> Iterator[str]:
    for line in wrap(text, _CELLS):
        yield f"  {line}"


def _language(text: str, analysis: Analysis) -> Iterator[str]:
    language = analysis.language
    yield ""
    yield f"LANGUAGE  {_named(language.code)}, {percent(language.confidence)} sure"
    if len(language.spans) > 1:
        for span in language.spans:
            yield _span(text, span)


def _named(code: str) -> str:
    """``fr (French)``"""
    if code == "und":
        return "und (no language in it)"
    base, _, script = code.partition("-")
    name = Locale("en").languages.get(base, "")
    if script == "Latn":
        name += " in Latin letters"
    return safe_line(f"{code} ({name})" if name else code)


def _span(text: str, span: Span) -> str:
    where = f"{span.start}–{span.end}"
    quote = cut(safe_line(text[span.start : span.end]), _QUOTE)
    return f"  {where:<9} {safe_line(span.code):<8} {quote}"


def _place(place: Place) -> str:
    where = f"{place.lat:.2f}, {place.lon:.2f}"
    number = f"geonames {place.geonameid}" if place.geonameid > 0 else "own table"
    name = cut(safe_line(f"{place.name}, {place.country}"), 30)
    sure = f"{percent(place.confidence):>5}  {place.kind:<8}"
    return f"  {sure} {name:<30} {where:<15} {number:<17} {safe_line(place.mention)}"


def _events(analysis: Analysis, considered: Sequence[Link], events: int) -> Iterator[str]:
    yield ""
    if not considered:
        yield (
            f"EVENTS  none of {events} known"
            if events
            else "EVENTS  none known (see `events:` in config.yaml)"
        )
        return
    yield (
        f"EVENTS  the nearest of {events}"
        if analysis.links
        else f"EVENTS  none of {events} is near enough"
    )
    statuses = {link.event_id: link.status for link in analysis.links}
    for link in considered:
        status = statuses.get(link.event_id, "not linked")
        yield ""
        yield f"  {percent(link.probability):>5}  {status:<10}  {safe_line(link.title)}"
        yield f"         {safe_line(link.event_id)}"
        yield from (f"       {line}" for line in _indented(safe_line(link.explanation)))
        yield from (_evidence(evidence) for evidence in link.evidence[:_EVIDENCE])


def _evidence(evidence: Evidence) -> str:
    kind = safe_line(evidence.kind)
    return f"         {evidence.weight:+6.2f}  {kind:<8} {safe_line(evidence.detail)}"

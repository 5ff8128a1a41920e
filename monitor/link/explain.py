"""Why a link was made: evidence with weights in log-odds, and one sentence a person would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import timedelta

from monitor.link.inputs import Candidate, LinkInput
from monitor.link.kinds import MARK, kinds_of
from monitor.link.lexicon import load_lexicon
from monitor.link.score import Weights
from monitor.link.terms import MAX_CHARACTERS, stem, stems, words_said
from monitor.model import Event, Evidence, Place

KINDS: Mapping[str, tuple[str, ...]] = {
    "meaning": ("dense",),
    "words": ("words", "cover", "title", "chars", "rare", "content", "matched"),
    "happening": ("kind", "kind_clash"),
    "actor": ("alias", "actor"),
    "place": ("place", "country", "clash"),
    "number": ("numbers",),
    "time": ("near", "lasting", "before", "after"),
    "stream": ("similar", "among"),
}

_PLACE_KINDS = ("town", "region", "country")


def explain(
    item: LinkInput,
    event: Event,
    places: Sequence[Place],
    best: Candidate,
    weights: Weights,
    alike: int = 0,
) -> tuple[tuple[Evidence, ...], str]:
    """The evidence for ``best``, strongest first, each weighed against the average candidate.

    ``alike`` is how many of the posts most like this one are probably about the event.
    """
    average = best.details["average"]
    shared = _shared_words(item, event)
    found = []
    for kind, names in KINDS.items():
        weight = sum(weights.features[n] * (best.features[n] - average[n]) for n in names)
        if kind == "stream":
            detail = f"is like {alike} other post{'s' * (alike > 1)} about it" if alike else ""
        else:
            detail = _detail(kind, item, event, places, best.features, shared)
        if detail and abs(weight) >= 0.05:
            found.append(Evidence(kind, round(weight, 2), detail))
    found.sort(key=lambda evidence: -abs(evidence.weight))
    said = [e for e in found if e.weight > 0] or found
    parts = [_clause(e) for e in said[:3]]
    against = [e for e in found if e.weight < -0.3]
    sentence = "; ".join(parts) or "Nearest in meaning of the known events"
    if against:
        sentence += f"; against it: {against[0].detail}"
    return tuple(found), sentence[:1].upper() + sentence[1:] + "."


def _shared_words(item: LinkInput, event: Event) -> str:
    """Words that the event uses too, as the post writes them and as its translation does."""
    told = " ".join((event.title, *event.titles.values(), *event.aliases, event.summary))
    known = set(stems(told))
    original = _common(item.post.full_text, known)
    said = ", ".join(original.values())
    if item.translation is None:
        return said
    english = [w for s, w in _common(item.translation.text, known).items() if s not in original]
    joined = f"in translation {', '.join(english)}" if english else ""
    return ", ".join(part for part in (said, joined) if part)


def _common(text: str, known: Set[str]) -> dict[str, str]:
    """Stem and word of at most four words of ``text`` that are ``known``, the rarest first: names,
    then what few texts say."""
    share = load_lexicon().share
    found: dict[str, str] = {}
    for word in words_said(text[:MAX_CHARACTERS]):
        form = stem(word)
        if len(form) > 2 and form in known and not form.isdigit():
            found.setdefault(form, word)
    rarest = sorted(found.items(), key=lambda item: (share.get(item[0], 0.0), -len(item[1])))
    return dict(rarest[:4])


def _detail(
    kind: str, item: LinkInput, event: Event, places: Sequence[Place],
    features: Mapping[str, float], shared: str,
) -> str:  # fmt: skip
    if kind == "meaning":
        return f"similar in meaning ({features['dense']:.2f})"
    if kind == "words":
        return f"says {shared}" if shared else "words are like the event's"
    if kind == "happening":
        return _happening(item, event)
    if kind == "actor" and max(features["alias"], features["actor"]) > 0:
        names = event.aliases if features["alias"] >= features["actor"] else event.actors
        return "names someone or something this event lists" if names else ""
    if kind == "place" and item.places:
        ids = {place.geonameid: place for place in places}
        countries = {place.country for place in places}
        listed = [place for place in item.places if place.geonameid in ids]
        if listed:  # a town says more than a country
            place = min(listed, key=lambda p: _PLACE_KINDS.index(p.kind))
            return f"names {place.mention} ({place.name}), which this event lists"
        if features["clash"] > 0:
            return f"{item.places[0].mention} ({item.places[0].country}) is in another country"
        near = [p for p in item.places if p.country in countries]
        if near:
            return f"names {near[0].mention}, in a country of this event"
    if kind == "number" and features["numbers"] > 0:
        return "a number agrees"
    if kind == "time" and any(features[n] for n in KINDS["time"]):
        return _time(item, event)
    return ""


def _happening(item: LinkInput, event: Event) -> str:
    text = item.post.full_text + (f"\n{item.translation.text}" if item.translation else "")
    said = kinds_of(stems(text))
    known = kinds_of(stems(" ".join((event.title, *event.titles.values(), event.summary))))
    common = sorted(set(said) & set(known), key=lambda kind: (-said[kind] * known[kind], kind))
    if common:
        return f"both tell of the same kind of event ({common[0].removeprefix(MARK)})"
    sure = [kind.removeprefix(MARK) for kind, weight in said.items() if weight == 1.0]
    return f"tells of another kind of event ({sure[0]})" if sure and known else ""


def _time(item: LinkInput, event: Event) -> str:
    start, at = event.started_at or event.ended_at, item.post.at
    if start is None:
        return ""
    end = event.ended_at or start + timedelta(days=1 if event.day_precision else 0)
    if at < start:
        return f"posted {_length(start - at)} before it began"
    if at <= end and event.day_precision:
        return f"posted on the day{'s' if (end - start).days > 1 else ''} of the event"
    if at <= end:
        return f"posted {_length(at - start)} after it began, while it went on"
    return f"posted {_length(at - start)} after it began"


def _length(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            n = minutes // size
            return f"{n} {unit}{'s' if n > 1 else ''}"
    return "less than a minute"


def _clause(evidence: Evidence) -> str:
    if evidence.kind == "meaning":
        return "is " + evidence.detail
    return evidence.detail

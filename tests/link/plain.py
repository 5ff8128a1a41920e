"""The evidence of words and places, one after the other as it is defined: what the linker's
arrays are held against. Slow, and short enough to be believed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from monitor.link.bags import Bag, char_grams, read
from monitor.link.catalogue import Catalogue
from monitor.link.inputs import LinkInput
from monitor.link.kinds import MARK, SURE
from monitor.link.profile import PHRASE_KINDS, Profile
from monitor.link.terms import stems
from monitor.model import Place


def evidence(
    item: LinkInput, said: Bag, known: Catalogue, profiles: Sequence[Profile], row: int
) -> dict[str, float]:
    """By name, of the post ``item`` whose terms are ``said`` and the event ``row``."""
    profile = profiles[row]
    mine = {t: said[t] * r for t, r in zip(said, known.rarity(said), strict=True)}
    own = {t: w * float(known.idf[known.vocabulary[t]]) for t, w in profile.bag.items()}
    both = {t: mine[t] * profile.bag[t] for t in mine.keys() & profile.bag.keys()}
    mass = sum(value for term, value in mine.items() if term[0] != "~")
    return {
        "words": _cosine(mine, own),
        "cover": min(sum(both.values()) / (mass or 1.0), 1.0),
        "rare": max(both.values(), default=0.0),
        "chars": _pieces(item.post.full_text, profiles, row),
        **_kinds(said, profiles, row),
        **_content(item, known, profile),
        **{kind: _named(kind, mine, own, profile) for kind in PHRASE_KINDS[:3]},
    }


def _cosine(mine: Mapping[str, float], own: Mapping[str, float]) -> float:
    product = sum(mine[term] * own[term] for term in mine.keys() & own.keys())
    lengths = math.hypot(*mine.values()) * math.hypot(*own.values())
    return product / (lengths or 1.0)


def _pieces(text: str, profiles: Sequence[Profile], row: int) -> float:
    counts = Counter(gram for profile in profiles for gram in profile.grams)
    rare = {g: max(math.log((len(profiles) + 1) / (n + 0.5)), 0.05) for g, n in counts.items()}
    return _cosine(
        {gram: rare[gram] for gram in char_grams(text) if gram in rare},
        {gram: rare[gram] for gram in profiles[row].grams},
    )


def _kinds(said: Bag, profiles: Sequence[Profile], row: int) -> dict[str, float]:
    n, bag = len(profiles), profiles[row].bag
    anywhere = {t for profile in profiles for t in profile.bag}
    meant = {t: w for t, w in said.items() if t[0] == MARK and w > SURE and t in anywhere}
    best = 0.0
    for kind in meant.keys() & {t for t, w in bag.items() if w > SURE}:  # no hints of the event
        held = sum(kind in profile.bag for profile in profiles)
        rare = max(math.log((n + 1) / (held + 0.5)) / math.log(n + 2), 0.1)
        best = max(best, math.sqrt(meant[kind] * bag[kind]) * rare)
    sure = any(t[0] == MARK and w > SURE for t, w in bag.items())
    return {"kind": best, "kind_clash": float(bool(meant) and sure and best == 0)}


def _content(item: LinkInput, known: Catalogue, profile: Profile) -> dict[str, float]:
    where = {s for p in item.places for name in (p.mention, p.name) for s in stems(name)}
    held = {t: w for t, w in profile.bag.items() if t not in profile.where}
    texts = [(item.post.full_text, item.language.code, 1.0)]
    if item.translation:
        texts.append((item.translation.text, "en", item.translation.trust))
    content = matched = 0.0
    for text, language, trust in texts:
        words = {
            form: others
            for form, others in read(text, language, known.lexicon).forms.items()
            if where.isdisjoint(others) and not form.isdigit()
        }
        rare = known.rarity(words)
        agree = [max(held.get(t, 0) * w for t, w in others.items()) for others in words.values()]
        mass = trust * sum(r * a for r, a in zip(rare, agree, strict=True))
        content = max(content, mass / (sum(rare) or 1.0))
        matched = max(matched, 1 - math.exp(-mass))
    return {"content": content, "matched": matched}


def _named(kind: str, mine: Bag, own: Bag, profile: Profile) -> float:
    best = 0.0
    for number, phrase in profile.phrases:
        if PHRASE_KINDS[number] != kind:
            continue
        idf = {term: own[term] / profile.bag[term] for term in phrase}
        total = sum(weight * idf[term] for term, weight in phrase.items())
        have = sum(weight * idf[term] for term, weight in phrase.items() if mine.get(term, 0) > 0)
        cover = have / max(total, 1e-6)
        if kind != "title":  # half a name is no name
            cover = min(max(2 * cover - 1, 0), 1) * min(total, 1)
        best = max(best, cover)
    return best


def places(
    post: Sequence[Place], event: Sequence[Place], events: Sequence[Sequence[Place]]
) -> tuple[float, float, float]:
    """``(place, country, clash)`` of a post and one of the ``events``, pair by pair."""
    if not post or not event:
        return 0.0, 0.0, 0.0
    towns = Counter(number for found in events for number in {p.geonameid for p in found})
    countries = Counter(code for found in events for code in {p.country for p in found})

    def rare(held: int) -> float:
        return max(math.log((len(events) + 2) / (held + 0.5)) / math.log(len(events) + 2), 0.1)

    best = shared = near = 0.0
    for mine in post:
        for other in event:
            close = mine.confidence * _closeness(mine, other)
            near = max(near, close)
            best = max(best, close * rare(towns[other.geonameid]))
            if mine.country == other.country:
                shared = max(shared, mine.confidence * rare(countries[mine.country]))
    apart = max(max(place.confidence for place in post) - near, 0.0)
    return best, shared, apart if shared == 0 else 0.0


def _closeness(mine: Place, other: Place) -> float:
    if "country" in (mine.kind, other.kind):
        return 0.0
    if mine.geonameid == other.geonameid:
        return 1.0
    if mine.country != other.country and abs(mine.lat - other.lat) >= 1:
        return 0.0
    lat1, lat2 = math.radians(mine.lat), math.radians(other.lat)
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin(math.radians(other.lon - mine.lon) / 2) ** 2
    kilometres = 12_742 * math.asin(min(1.0, math.sqrt(half)))
    return 0.9 * math.exp2(-kilometres / 35)

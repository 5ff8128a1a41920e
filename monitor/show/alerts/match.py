"""Which posts a rule is about. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.model import Link, LinkedPost
from monitor.show.alerts.settings import Near, Rule
from monitor.show.words import stems

_EARTH_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Match:
    """A post fits a rule; ``link`` is the strongest one it fits by, if it has any."""

    lp: LinkedPost
    link: Link | None

    @property
    def event_id(self) -> str:
        """The event it is about; ``""`` where none is known."""
        return self.link.event_id if self.link else ""


def match(rule: Rule, lp: LinkedPost) -> Match | None:
    """How ``lp`` fits all conditions of ``rule``; None where it does not.

    Links that a person rejected count for nothing, and so do posts that were deleted.
    """
    analysis = lp.analysis
    if lp.deleted_at or not analysis.followed:
        return None
    if rule.languages and analysis.language.base not in rule.languages:
        return None
    if rule.feeds and lp.post.source not in rule.feeds:
        return None
    links = [link for link in analysis.links if link.status != "rejected" and _fits(rule, link)]
    if rule.about_links and not links:
        return None
    if rule.near and not any(
        place.kind != "country" and within(rule.near, place.lat, place.lon)
        for place in analysis.places
    ):
        return None
    if rule.keywords and not says(lp, rule.keywords):
        return None
    return Match(lp, max(links, key=_strength, default=None))


def _strength(link: Link) -> tuple[bool, float, str]:
    return link.status == "accepted", link.probability, link.event_id


def _fits(rule: Rule, link: Link) -> bool:
    return (
        (not rule.events or link.event_id in rule.events)
        and (not rule.status or link.status in rule.status)
        and (link.probability >= rule.min or link.status == "accepted")
    )


def within(near: Near, lat: float, lon: float) -> bool:
    """Whether a point (degrees) lies within ``near.km`` of ``near``, on a sphere (haversine)."""
    assert near.lat is not None
    assert near.lon is not None
    a, b = math.radians(near.lat), math.radians(lat)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(lon - near.lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(math.sqrt(half), 1.0)) <= near.km


def says(lp: LinkedPost, keywords: Sequence[str]) -> bool:
    """Whether the original or the translation holds one of ``keywords`` as whole words.

    Letter case, accents, Arabic letter forms, article and clitics make no difference.
    """
    english = lp.analysis.translation.text if lp.analysis.translation else ""
    text = f" {' '.join([*stems(lp.post.full_text), '.', *stems(english)])} "
    return any(f" {phrase} " in text for phrase in map(_phrase, keywords) if phrase)


@lru_cache(maxsize=1024)
def _phrase(keyword: str) -> str:
    return " ".join(stems(keyword))

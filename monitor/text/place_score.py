"""How sure it is that a mention is a place, and which place: log-odds added up."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from monitor.text.gazetteer import ADJECTIVE, LETTERS, MAIN, ROMANISED, WEAK, Hit, Index
from monitor.text.place_names import (
    Word,
    beside_a_name,
    cued,
    in_a_street,
    inside_a_sentence,
    of_a_nation,
)

# Where a language is at home: of two towns of one name, the likelier.
_HOMES = {
    "ar": frozenset("AE BH DJ DZ EG IQ JO KW LB LY MA OM PS QA SA SD SY TN YE".split()),  # noqa: SIM905
    "fr": frozenset("BE BF CH CI DZ FR LB LU MA ML NE SN TD TN".split()),  # noqa: SIM905
    "en": frozenset("GB IE US".split()),  # noqa: SIM905
}
_NEARBY_KM = 150.0
_SAME_PART_KM = 800.0  # a country of an ambiguous name and a town

_NOBODY: frozenset[str] = frozenset()

Point = tuple[float, float]  # degrees north and east


@dataclass(slots=True)
class Mention:
    """Words that may name a place, and every place they may name."""

    first: int  # word
    last: int
    start: int  # character
    end: int
    hits: list[Hit]
    exact: bool  # as some source spells it, not only in sound
    form: str  # its words, folded


@dataclass(slots=True)
class Context:
    """What the post says: countries named by their names or in nationality words, and towns that
    are more likely than not, each with the words that say so. No word supports itself."""

    named: dict[str, set[str]] = field(default_factory=dict)  # country → words
    national: dict[str, set[str]] = field(default_factory=dict)
    towns: dict[str, Point] = field(default_factory=dict)  # word → where

    def names(self, country: str, but: str) -> bool:
        return bool(self.named.get(country, _NOBODY) - {but})

    def says(self, country: str, but: str) -> bool:
        return self.names(country, but) or bool(self.national.get(country, _NOBODY) - {but})

    def near(self, here: Point, kilometres_: float, but: str) -> bool:
        """Whether another town is so near ``here``."""
        # A degree of latitude is 111 km: most pairs are too far apart by latitude alone.
        degrees = kilometres_ / 111.0
        return any(
            kilometres(town, here) < kilometres_
            for word, town in self.towns.items()
            if word != but and abs(town[0] - here[0]) < degrees and town != here
        )


class Scorer:
    """Judges mentions by an index, the words around them and the rest of the post."""

    def __init__(self, index: Index) -> None:
        self._index = index

    def judge(
        self,
        m: Mention,
        words: list[Word],
        context: Context,
        trailing: bool,
        language: str | None,
    ) -> tuple[int, float]:
        """The row that fits a mention best, and the probability that it is meant. ``trailing``:
        it stands in the block of hashtags that ends the post."""
        best = m.hits[0]
        if len(m.hits) > 1:
            best = max(m.hits, key=lambda hit: self._fit(m.form, hit, context, language))
        if self._index.kind(best.row):
            odds = self._country_odds(m, best, words, context)
        else:
            odds = self._town_odds(m, best, words, context, trailing)
        if in_a_street(words, m.first, m.last):
            odds -= 4.0
        return best.row, 1.0 / (1.0 + math.exp(-odds))

    def _country_odds(self, m: Mention, best: Hit, words: list[Word], context: Context) -> float:
        """Of countries and regions: beyond doubt, but for those that are also ordinary words."""
        if not best.flags & WEAK:
            return 3.0
        odds = -2.0
        if cued(words, m.first) or (best.flags & ADJECTIVE and of_a_nation(words, m.first)):
            odds += 3.0
        elif inside_a_sentence(words, m.first) and words[m.first].capital:
            odds += 0.0 if beside_a_name(words, m.first) else 3.0
        if context.near(self._index.position(best.row), _SAME_PART_KM, m.form):
            odds += 3.0
        return odds

    def _town_odds(
        self, m: Mention, best: Hit, words: list[Word], context: Context, trailing: bool
    ) -> float:
        index, first = self._index, words[m.first]
        cue = cued(words, m.first)
        # The channel's own name stands in the tags at the end, wherever the town of that name is.
        near = not trailing and context.near(index.position(best.row), _NEARBY_KM, m.form)
        named = context.says(index.country(best.row), m.form)
        # Where one of the three languages is at home, smaller towns are spoken of.
        spelled = m.exact and not best.flags & LETTERS
        even = 4.1 if spelled and index.country(best.row) in _HOMES["ar"] else 4.4
        odds = min(1.2 * (math.log10(index.population(best.row) + 10) - even), 2.4)
        odds += (2.5 if named else 0.0) + (1.5 if near else 0.0) + (1.5 if cue else 0.0)
        odds += 1.0 if m.last > m.first and m.exact else 0.0
        if best.flags & WEAK:
            # Arabic has no capitals to tell a name from a word.
            odds -= 4.0 if first.arabic and not cue else 3.0
        if not m.exact:
            odds -= 1.5
            if not (near or named):
                odds -= 1.0 if cue == 2 and index.country(best.row) in ROMANISED else 3.0
            if first.arabic and not (cue or first.tag):
                odds -= 2.0
        if m.first == m.last and not first.arabic and not cue:
            odds -= 1.5 if beside_a_name(words, m.first) else 0.0
        return odds - 2.0 if trailing else odds

    def _fit(self, form: str, hit: Hit, context: Context, language: str | None) -> float:
        """How well one of several places of a name fits the post."""
        index = self._index
        country = index.country(hit.row)
        fit = self.weight(hit)
        if index.kind(hit.row) < 2 and context.says(country, form):
            fit += 3.0 if context.names(country, form) else 2.0
        if language and country in _HOMES.get(language[:2], ()):
            fit += 1.0
        if context.towns and context.near(index.position(hit.row), _NEARBY_KM, form):
            fit += 1.5
        return fit

    def weight(self, hit: Hit) -> float:
        """How likely a place is the one meant by its name, knowing nothing else."""
        kind = self._index.kind(hit.row)
        if kind:
            return (
                (9.0 if kind == 2 else 6.2) + (hit.flags & MAIN) - (2.5 if hit.flags & WEAK else 0)
            )
        return math.log10(self._index.population(hit.row) + 1) + 0.9 * (hit.flags & MAIN)


def kilometres(a: Point, b: Point) -> float:
    """Great-circle distance, by the haversine formula on a sphere of 6371 km."""
    lat_a, lat_b = math.radians(a[0]), math.radians(b[0])
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b[1] - a[1]) / 2) ** 2
    return 12742.0 * math.asin(math.sqrt(min(half, 1.0)))

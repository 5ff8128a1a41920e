"""Which engine translates which language, as the models folder is now.

A model that is copied in, pulled, replaced or removed while the daemon runs is noticed at the next
question. A server that does not answer is left alone for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from monitor.errors import ModelError, MonitorError
from monitor.translate.engine import Engine, Offer, Settings, offers, ranked
from monitor.translate.folder import snapshot
from monitor.translate.manifest import read_manifest
from monitor.translate.names import language_name

_FIRST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rest:
    """An engine is down: not to be asked before ``until``."""

    until: datetime
    lasts: timedelta
    reason: str


class Installed:
    """The engines for translating into ``to``. Models are loaded when first asked for."""

    def __init__(
        self, settings: Settings, engine: str, to: str, clock: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._to = to
        self._clock = clock
        self._seen: frozenset[tuple[str, int, int]] | None = None
        self._offers: list[Offer] = []
        self._loaded: dict[tuple[str, str, Path | None], Engine | str] = {}  # or what was wrong
        self._rests: dict[tuple[str, str], Rest] = {}

    def languages(self) -> frozenset[str]:
        """Those that something installed may translate now, as far as is known without loading."""
        self._look()
        return frozenset(
            source
            for offer in self._offers
            for source, target in offer.pairs
            if target == self._to and self._may_work(offer)
        )

    def drafts(self) -> dict[str, bool]:
        """For each language, whether the best that there is for it is a draft. A full model beside
        a draft counts once it loads."""
        found = {}
        for source in sorted(self.languages()):
            able = ranked(self._offers, (source, self._to))
            if any(offer.draft for offer in able) and not able[0].draft:
                engine = self.engine_for(source)
                found[source] = isinstance(engine, str) or engine.draft
            else:
                found[source] = able[0].draft
        return found

    def has_remote(self) -> bool:
        """Whether a server may be asked now."""
        self._look()
        return any(offer.remote and self._may_work(offer) for offer in self._offers)

    def engine_for(self, source: str) -> Engine | str:
        """The best engine for this language that really loads and is not down; otherwise one
        sentence that says why there is none. Raises ModelError for an engine nobody has."""
        self._look()
        pair = (source, self._to)
        troubles = [
            f"{o.model}: {o.problem}"
            for o in self._offers
            if pair in o.pairs and o.problem is not None
        ]
        down = []
        for offer in ranked(self._offers, pair):
            if (reason := self._down(offer)) is not None:
                down.append(reason)
                continue
            loaded = self._load(offer)
            if not isinstance(loaded, str):
                return loaded
            troubles.append(loaded)
        if down:
            return f"not translated from {language_name(source)}: {down[0]}"
        return self._none(source, troubles)

    def is_down(self, engine: Engine, reason: str) -> None:
        """Leave the engine alone: a minute at first, twice as long each time, at most 15."""
        before = self._rests.get((engine.name, engine.model))
        lasts = min(before.lasts * 2, _LONGEST_REST) if before else _FIRST_REST
        self._rests[engine.name, engine.model] = Rest(self._clock() + lasts, lasts, reason)

    def is_up(self, engine: Engine) -> None:
        self._rests.pop((engine.name, engine.model), None)

    def _look(self) -> None:
        now = snapshot(self._settings.models)
        if now != self._seen:
            self._offers = offers(self._settings, self._engine)
            self._loaded.clear()
            self._seen = now

    def _load(self, offer: Offer) -> Engine | str:
        key = (offer.engine, offer.model, offer.path)
        if key not in self._loaded:  # once, however many pairs a model serves
            try:
                self._loaded[key] = offer.load()
            except MonitorError as error:
                self._loaded[key] = str(error)
        return self._loaded[key]

    def _down(self, offer: Offer) -> str | None:
        """Why its server is left alone just now; None where it is not."""
        rest = self._rests.get((offer.engine, offer.model))
        return rest.reason if rest and rest.until > self._clock() else None

    def _may_work(self, offer: Offer) -> bool:
        if offer.problem is not None:
            return False
        if self._down(offer) is not None:
            return False
        return not isinstance(self._loaded.get((offer.engine, offer.model, offer.path)), str)

    def _none(self, source: str, troubles: list[str]) -> str:
        pair = f"{language_name(source)} → {language_name(self._to)}"
        if troubles:
            return f"no model for {pair} works: {'; '.join(troubles)}"
        known = f"{source}-{self._to}"
        try:
            listed = read_manifest(self._settings.models)
        except ModelError as error:
            return f"no model for {pair} is installed; {error}"
        name = next((name for name, entry in listed.items() if known in entry.pairs), None)
        if name is None:
            return f"no model for {pair} is known: copy one into {self._settings.models}"
        return f"no model for {pair} is installed: run `monitor models pull {name}`"

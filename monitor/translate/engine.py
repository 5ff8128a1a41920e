"""What every translation engine is, and how one is chosen for a pair of languages.

An engine is one module in ``monitor/translate/engines/`` that defines ``KIND``, an
:class:`EngineKind`. Its ``offers`` names what it could load on this machine without loading it;
:func:`best` picks among them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from monitor.errors import ModelError
from monitor.translate.masks import Masks

Pair = tuple[str, str]
"""Source and target language, ISO 639-1: ``("ar", "en")``."""


@dataclass(frozen=True, slots=True)
class Output:
    """One translated text. ``score`` is the mean log-probability of its tokens (natural log, ≤ 0),
    or None where the engine gives none. ``cut`` says that the input or the output met a length
    limit and the rest is missing; ``unsure`` that the model gave its own words little chance."""

    text: str
    score: float | None = None
    cut: bool = False
    unsure: bool = False


class Engine(Protocol):
    """Translates batches of sentences. ``name`` and ``model`` go on record with every result."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def draft(self) -> bool: ...
    @property
    def pairs(self) -> frozenset[Pair]: ...
    @property
    def remote(self) -> bool:
        """Whether texts leave this machine."""
        ...

    @property
    def masks(self) -> Masks:
        """What the model need not be shown, empty where it was not trained so."""
        ...

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        """One output a text, in order. Raises TranslationError where it cannot now."""
        ...

    def count(self, text: str, source: str) -> int:
        """How many tokens ``text`` is: what batches and cuts go by."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What engines may need to know. ``key`` is a secret: it never appears in a message."""

    models: Path
    url: str | None = None
    key: str | None = field(default=None, repr=False)
    threads: int = 0  # 0: as many as the machine has


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that an engine could load. ``problem`` says why it can't, where it can't.

    ``rank`` orders models of one pair, higher is better; drafts always come last.
    """

    engine: str
    model: str
    pairs: frozenset[Pair]
    load: Callable[[], Engine] = field(compare=False)
    draft: bool = False
    rank: float = 0.0
    problem: str | None = None
    path: Path | None = None
    remote: bool = False  # texts leave this machine, and a server may take its time


@dataclass(frozen=True, slots=True)
class EngineKind:
    """One way to translate, as its module describes it."""

    name: str
    summary: str
    requires: str
    offers: Callable[[Settings], Sequence[Offer]]


@cache
def kinds() -> Mapping[str, EngineKind]:
    """Every engine in the ``engines`` package by name, sorted."""
    from monitor.translate import engines

    found = {}
    for module in pkgutil.iter_modules(engines.__path__):
        kind: EngineKind = importlib.import_module(f"{engines.__name__}.{module.name}").KIND
        found[kind.name] = kind
    return dict(sorted(found.items()))


def offers(settings: Settings, engine: str = "auto") -> list[Offer]:
    """What is installed for ``engine``, or for all of them. Raises ModelError for a name that
    no engine has."""
    if engine != "auto" and engine not in kinds():
        known = ", ".join(["auto", *kinds()])
        raise ModelError(f"there is no translation engine {engine!r}: choose one of {known}")
    wanted = kinds().values() if engine == "auto" else [kinds()[engine]]
    return [offer for kind in wanted for offer in kind.offers(settings)]


def ranked(found: Iterable[Offer], pair: Pair) -> list[Offer]:
    """The offers for ``pair`` that have no known problem, best first: a full model before a
    draft, then by rank; among equals ctranslate2, the fastest, then by name."""
    able = [offer for offer in found if pair in offer.pairs and offer.problem is None]
    return sorted(
        able, key=lambda o: (o.draft, -o.rank, o.engine != "ctranslate2", o.engine, o.model)
    )

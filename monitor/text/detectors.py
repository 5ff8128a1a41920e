"""The voters: each gives the probabilities of languages for a text in Latin letters.

Our own n-gram table reads every text. langdetect, lingua and py3langid are asked about the texts it
is unsure of: langdetect and lingua are slow, and load their models when first asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import lingua
import numpy as np
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException
from langdetect.utils.lang_profile import LangProfile

from monitor.text.langid import CompactIdentifier
from monitor.text.ngrams import NgramModel
from monitor.text.profiles import Profiles

DATA: Final = Path(__file__).parent / "data"
#: Read by a voter: enough to tell any language.
READ: Final = 400
#: Near twins share a class in our table; the others' codes are told by its names.
SAME: Final = {"tl": "fil", "hr": "sh", "bs": "sh", "sr": "sh", "nn": "nb", "no": "nb", "xh": "zu"}
#: What lingua chooses among: the languages most written on social media in Latin letters.
_LINGUA: Final = [
    "EN",
    "FR",
    "ES",
    "PT",
    "IT",
    "DE",
    "NL",
    "SV",
    "DA",
    "NB",
    "FI",
    "PL",
    "CS",
    "HR",
    "RO",
    "HU",
    "TR",
    "ID",
    "TL",
    "VI",
    "CA",
    "SW",
    "SO",
    "ET",
    "SQ",
]
_LANGDETECT_LATIN: Final = frozenset(
    [
        "af",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "en",
        "es",
        "et",
        "fi",
        "fr",
        "hr",
        "hu",
        "id",
        "it",
        "lt",
        "lv",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "so",
        "sq",
        "sv",
        "sw",
        "tl",
        "tr",
        "vi",
    ]
)

Votes = Mapping[str, float]


class Voters:
    """All voters, loaded as they are needed; one instance serves a process."""

    @cached_property
    def _latin(self) -> NgramModel:
        return NgramModel.load(DATA / "language-latin.npz")

    @cached_property
    def _arabic(self) -> NgramModel:
        return NgramModel.load(DATA / "language-arabic.npz")

    @cached_property
    def _py3langid(self) -> CompactIdentifier:
        return CompactIdentifier()

    @cached_property
    def _langdetect(self) -> Any:
        files = sorted(Path(PROFILES_DIRECTORY).iterdir())
        latin = [file for file in files if file.name in _LANGDETECT_LATIN]
        factory = DetectorFactory()
        factory.seed = 0  # unseeded, it answers differently from call to call
        factory.langlist = [file.name for file in latin]
        # The other languages' n-grams are known, so that they are drawn as ever, without weight.
        others = (_profile(file).freq for file in files if file not in latin)
        factory.word_lang_prob_map = Profiles(map(_weights, latin), others)
        return factory

    @cached_property
    def _lingua(self) -> lingua.LanguageDetector:
        languages = [
            lingua.Language.from_iso_code_639_1(getattr(lingua.IsoCode639_1, code))
            for code in _LINGUA
        ]
        return (
            lingua.LanguageDetectorBuilder.from_languages(*languages)
            .with_low_accuracy_mode()
            .build()
        )

    def ngrams(self, text: str, script: str = "Latn") -> Votes:
        """Our own table, for Latin (``Latn``) or Arabic (``Arab``) letters."""
        model = self._latin if script == "Latn" else self._arabic
        shares = np.exp(model.log_probabilities(text)).tolist()
        return dict(zip(model.classes, shares, strict=True))

    def py3langid(self, text: str) -> Votes:
        """py3langid, over all of its languages."""
        return _named((str(code), float(share)) for code, share in self._py3langid.rank(text))

    def langdetect(self, text: str) -> Votes:
        """langdetect, seeded, restricted to languages in Latin letters."""
        detector = self._langdetect.create()
        detector.n_trial = 1  # it averages seven, for seven times the work: fifty times lingua's
        detector.set_prior_map(dict.fromkeys(_LANGDETECT_LATIN, 1.0))
        detector.append(text)
        try:
            found = detector.get_probabilities()
        except LangDetectException:
            return {}  # it found no n-gram it knows: it has no opinion
        return _named((str(language.lang), float(language.prob)) for language in found)

    def lingua(self, text: str) -> Votes:
        """lingua, restricted to the languages most written in Latin letters; trigrams only, which
        keeps it quick to load and small."""
        values = self._lingua.compute_language_confidence_values(text)
        return _named((value.language.iso_code_639_1.name.lower(), value.value) for value in values)


def _profile(file: Path) -> LangProfile:
    return LangProfile(**json.loads(file.read_text("utf-8")))


def _weights(file: Path) -> dict[str, float]:
    """langdetect's own probabilities of one language, by n-gram."""
    one = DetectorFactory()
    one.add_profile(_profile(file), 0, 1)
    return {gram: share for gram, (share,) in one.word_lang_prob_map.items()}


def _named(votes: Any) -> Votes:
    named: dict[str, float] = {}
    for code, share in votes:
        code = SAME.get(code, code)
        named[code] = named.get(code, 0.0) + share
    return named


@lru_cache(maxsize=1)
def voters() -> Voters:
    """The one instance: the models are read-only and large."""
    return Voters()

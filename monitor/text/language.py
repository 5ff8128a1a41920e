"""Which language a post is written in, how sure that is, and where it changes.

The script decides first. Arabic letters are told apart by a small n-gram table (Arabic, Persian,
Urdu, Sorani, Uyghur, Pashto) and by letters that only Sindhi has; Latin letters by our own n-gram
table, and where that is unsure by langdetect, lingua and py3langid together with it. A text of
nothing but names (``Paris``, ``Emmanuel Macron``) is in no language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from monitor.model import Language, Span
from monitor.text import arabizi, script, social
from monitor.text.calibration import OTHER, Weights, grouped
from monitor.text.detectors import DATA, READ, voters
from monitor.text.names import NameList
from monitor.text.ngrams import normal
from monitor.text.social import Word

_READ: Final = 6000  # characters of a text that are read: the work is bounded
_ROMANISED: Final = "ar-Latn"
_SORANI: Final = re.compile("[ڕڵێۆ]")
_UYGHUR: Final = re.compile("[ۇۈۋې]")
_SINDHI: Final = re.compile("[ٻڀٺٽڄڃڇڌڊڍڙڳڱڻ]")
# Laughter is written alike in many languages.
_LAUGHTER: Final = re.compile(
    r"ه+|(?:h[aei]|j[aei]|a[hj]|k[ekh])+[ahjk]?|h{2,}|k{3,}|w{3,}|x+d+|lo+l+|rt", re.IGNORECASE
)
#: Words that look like names to our table are in no language from this share on.
_NAME: Final = 0.5
#: How sure it is that a text of nothing but known names is in no language.
_LONE: Final = 0.95
#: From this share of marked words on, a text that is not plainly French or English is Arabizi.
_MARKED: Final = 0.3
_PLAIN: Final = 0.7
#: A part is told apart from the post around it only when it is this sure, and this long.
_PART_SURE: Final = 0.9
_PART_WORDS: Final = 4
_FOREIGN_SURE: Final = 0.45
_BREAK: Final = re.compile(r'[.!?…؟\n«»“”„"|]')


class LanguageDetector:
    """Tells the language of short texts. ``followed`` are the ISO 639-1 codes the config follows.

    The confidence of an answer is the probability that the followed language is right, or, for a
    language that is not followed, that the text is in none of the followed ones.
    """

    def __init__(self, followed: Sequence[str] = ("ar", "fr", "en")) -> None:
        self.followed = tuple(followed)
        romanised = (_ROMANISED,) if "ar" in self.followed else ()
        self._classes = (*(code for code in self.followed if code != "ar"), *romanised, OTHER)
        self._weights = Weights.load(DATA / "language-weights.json")
        self._names = NameList.load()
        self._voters = voters()
        self._all_votes = lru_cache(maxsize=1024)(self._ask_all)

    def detect(self, text: str, hint: str | None = None) -> Language:
        """The language of ``text``; ``hint`` is the platform's own tag: evidence, not truth."""
        found = [word for word in social.words(text[:_READ]) if _tells(word)]
        if not found:
            spans = (Span(0, len(text), "und"),) if text else ()
            return Language("und", 0.99, spans)
        plain = [word for word in found if not word.hashtag]
        # Hashtags are often in another language than the post: they count where little else does.
        words = plain if len(plain) >= 3 else found
        texts = [word.text for word in words]
        if self._names.lone(texts):
            return Language("und", _LONE, (Span(0, len(text), "und"),))
        code, confidence = self._decide(texts, _base(hint))
        return Language(code, confidence, self._spans(text, found, code))

    def detect_many(
        self, texts: Sequence[str], hints: Sequence[str | None] | None = None
    ) -> list[Language]:
        """``detect`` for each of ``texts``, in order."""
        hints = hints or [None] * len(texts)
        return [self.detect(text, hint) for text, hint in zip(texts, hints, strict=True)]

    def _decide(self, words: Sequence[str], hint: str | None) -> tuple[str, float]:
        joined = " ".join(words)
        written = script.main(joined)
        if written is None:
            return "und", 0.9
        if written in script.LANGUAGE_OF:
            return script.LANGUAGE_OF[written], 0.99
        text = normal(words)[:READ]
        if written == "Arab":
            return self._arabic(text, joined, hint)
        if written in script.CANDIDATES:
            return self._among(text, script.CANDIDATES[written])
        return self._latin(text, words, hint)

    def _arabic(self, text: str, joined: str, hint: str | None) -> tuple[str, float]:
        if _SINDHI.search(joined):
            return "sd", 0.9
        if len(_SORANI.findall(text)) > len(_UYGHUR.findall(text)):
            return "ckb", 0.95
        votes = dict(self._voters.ngrams(text, "Arab"))
        if hint in votes:
            votes[hint] *= 2.0
        code = max(votes, key=lambda code: votes[code])
        return code, min(0.995, votes[code] / sum(votes.values()))

    def _among(self, text: str, candidates: frozenset[str]) -> tuple[str, float]:
        votes = self._voters.py3langid(text)
        shares = {code: votes.get(code, 0.0) for code in candidates}
        code = max(sorted(shares), key=lambda code: shares[code])
        # None of the candidates is followed by default: not being followed is then certain.
        return code, 0.99 if candidates.isdisjoint(self.followed) else shares[code]

    def _latin(self, text: str, words: Sequence[str], hint: str | None) -> tuple[str, float]:
        own = dict(self._voters.ngrams(text))
        name = own.pop("und")
        named = len(words) <= 3 and all(word[0].isupper() and word[1:].islower() for word in words)
        if named and name > _NAME:
            return "und", name
        marks = arabizi.share(words)
        if marks >= _MARKED and own["en"] + own["fr"] < _PLAIN:
            own[_ROMANISED] += marks / (1 - min(marks, 0.9))
        votes = {"ngrams": grouped(own, self._classes)}
        shares = self._weights.combine(votes, self._classes, hint)
        # The others do not know romanised Arabic: where our table sees it, they are not asked.
        if max(shares.values()) < self._weights.sure and own[_ROMANISED] < _MARKED:
            votes |= self._all_votes(text)
            shares = self._weights.combine(votes, self._classes, hint)
        code = max(shares, key=lambda code: shares[code])
        if code != OTHER:
            return code, shares[code]
        foreign = {lang: p for lang, p in own.items() if lang not in self._classes}
        return max(foreign, key=lambda lang: foreign[lang]), shares[OTHER]

    def _ask_all(self, text: str) -> dict[str, dict[str, float]]:
        """The other voters' shares of the classes. (Of all their languages they would be 14 kB a
        text, kept for the texts that come again.)"""
        votes = {
            "py3langid": self._voters.py3langid(text),
            "langdetect": self._voters.langdetect(text),
            "lingua": self._voters.lingua(text),
        }
        return {voter: grouped(given, self._classes) for voter, given in votes.items()}

    def _part(self, words: Sequence[Word], code: str) -> str:
        """The language of a part of a post in ``code``: our table alone decides."""
        written = _script(words[0].text)  # its words are in one script
        if written is None or (written == "Arab" and code in _ARABIC_SCRIPT):
            return code
        texts = [word.text for word in words]
        if written == "Arab":
            return self._arabic(normal(texts), "", None)[0]
        if written != "Latn":
            return script.LANGUAGE_OF.get(written, code)
        foreign = code in _ARABIC_SCRIPT or code in script.LANGUAGE_OF.values()
        if not foreign and len(words) < _PART_WORDS:
            return code
        own = dict(self._voters.ngrams(normal(texts)[:READ]))
        own.pop("und")
        best = max(own, key=lambda lang: own[lang])
        if own[best] >= (_FOREIGN_SURE if foreign else _PART_SURE):
            return best
        return "und" if foreign else code

    def _spans(self, text: str, words: Sequence[Word], code: str) -> tuple[Span, ...]:
        """Where the language changes: at scripts, quotation marks, sentence ends and lines."""
        parts: list[list[Word]] = []
        written = None
        for word in words:
            now = _script(word.text)
            between = text[parts[-1][-1].end : word.start] if parts else ""
            if not parts or now != written or _BREAK.search(between):
                parts.append([])
            parts[-1].append(word)
            written = now
        spans: list[Span] = []
        for part in parts:
            language = self._part(part, code) if len(parts) > 1 else code
            if spans and (spans[-1].code == language or language == "und"):
                continue
            start = part[0].start if spans else 0
            if spans:
                spans[-1] = Span(spans[-1].start, start, spans[-1].code)
            spans.append(Span(start, len(text), language))
        return tuple(spans)


# A few thousand words make most of all text.
_script = lru_cache(maxsize=16_384)(script.main)
_ARABIC_SCRIPT: Final = frozenset({"ar", "fa", "ur", "ckb", "ug", "ps", "sd"})


def _tells(word: Word) -> bool:
    return not word.text.isdigit() and not _LAUGHTER.fullmatch(word.text)


def _base(hint: str | None) -> str | None:
    """``fr-CA`` → ``fr``; what is no tag of a language (``und``, ``qme``) is no hint."""
    base = re.split("[-_]", hint.strip().lower())[0] if hint else ""
    known = base.isalpha() and len(base) in (2, 3) and base not in ("und", "zxx", "mul", "mis")
    return base if known and not base.startswith("q") else None

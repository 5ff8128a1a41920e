"""Sentences of Arabic and French posts; long ones cut where a reader would pause."""

from __future__ import annotations

import re

LONGEST = 350  # characters a model is given at once: about 100 tokens

# Possessive and looked behind: a post of 100,000 full stops is read once, not once for each.
_END = re.compile(r"(?<![.!?؟۔…])[.!?؟۔…]++[\"'»”’)\]]*+\s+|\n\s*")
_PAUSES = (re.compile(r"[؛;:]\s+|\s[—–|]\s+"), re.compile(r"[،,]\s+"), re.compile(r"\s+"))
_ABBREVIATION = re.compile(
    r"(?:^|[\s(«\"'’])(?:MM?|Mme|Mlle|Dr|Pr|Me|St|Ste|av|env|art|cf|ex|p|vol|no|N°|n°|J\.-C|etc"
    r"|[A-ZÀ-Ý]|[أ-ي]|د|م|أ\.د|ص|ت)\.\s*$"
)


def split_sentences(text: str, longest: int = LONGEST) -> list[str]:
    """The sentences of ``text`` with the white space after them: joined, they are ``text``.

    None is longer than ``longest`` characters: long ones are cut at a pause, or between words,
    and a single word that is longer by itself anywhere.
    """
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if "\n" not in match[0]:
            if _ABBREVIATION.search(text[start:end]):
                continue
            if text[end : end + 1].islower():  # "... et", "S.A.R.L. du"
                continue
            if re.fullmatch(r"\s*\d{1,3}\.\s+", text[start:end]):  # a numbered list
                continue
        found.append(text[start:end])
        start = end
    if start < len(text):
        found.append(text[start:])
    return [piece for sentence in found for piece in _cut(sentence, longest)]


def _cut(sentence: str, longest: int) -> list[str]:
    pieces = []
    while len(sentence) > longest:
        at = longest
        for pause in _PAUSES:
            ends = [m.end() for m in pause.finditer(sentence, longest // 3, longest)]
            if ends:
                at = ends[-1]
                break
        pieces.append(sentence[:at])
        sentence = sentence[at:]
    return [*pieces, sentence] if sentence else pieces

"""What of a post the model sees, and how the rest is put back.

Links, mentions and emoji derail translation models: they are set aside (masked, where the model was
trained with masks) and put back where they stood, at the latest at the end of their sentence.
Place names and numbers are set aside only behind masks.
Hashtags are words of the sentence they stand in; where they stand apart, at the edges of a line,
each is translated alone and stays a hashtag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from monitor.model import Span
from monitor.translate.masks import Masks, hide
from monitor.translate.sentences import split_sentences

_SIGNS = (
    r"\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2190-\u21FF\u25A0-\u25FF"
    r"\u200d\ufe0f\u20e3\U000E0020-\U000E007F"
)
_EMOJI = rf"[{_SIGNS}][{_SIGNS}\s]*+"
_LINK = r"(?:https?://|www\.)[^\s<>\"'،؛»”]+|\b(?:pic\.twitter\.com|t\.co|t\.me|bit\.ly|youtu\.be)/[\w/…\-?=&.]+"
_MENTION = r"(?<![\w@])@[\w.]{1,64}(?:@[\w.\-]{1,128})?(?<!\.)"
_HELD = re.compile(f"(?P<link>{_LINK})|(?P<mention>{_MENTION})|(?P<emoji>{_EMOJI})")
_TAG = r"[#＃]\w[\w\u200c]*"
_OPENING = re.compile(rf"(?P<lead>[{_SIGNS}\s]*+)(?P<tag>{_TAG}|\w+)\s*[|｜]\s*")
_ONE_TAG = re.compile(_TAG)
_APART = re.compile(f"{_LINK}|{_MENTION}|{_EMOJI}|{_TAG}")
_HUMP = re.compile(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-Þ])")
_LETTER = re.compile(r"[^\W\d_]")

OPENINGS = {
    "شاهد": "Watch",
    "عاجل": "Breaking",
    "فيديو": "Video",
    "بالفيديو": "Video",
    "صور": "Photos",
    "بالصور": "Photos",
    "متابعة": "Follow-up",
    "خاص": "Exclusive",
    "تغطية": "Coverage",
    "urgent": "Breaking",
    "direct": "Live",
    "vidéo": "Video",
    "video": "Video",
    "exclusif": "Exclusive",
    "photos": "Photos",
}
_LEADS_ON = frozenset(
    "في من على إلى الى عن مع بين حول ضد قرب نحو عبر حتى و شمال جنوب شرق غرب شمالي جنوبي شرقي غربي "  # noqa: SIM905
    "مدينة محافظة منطقة بلدة قرية حي مطار مستشفى قضاء ولاية إقليم مخيم ميناء معبر مدينه محافظه "
    "à en de du des d la le les l au aux sur dans vers par pour chez contre avec et ou près ville "
    "entre depuis".split()
)
_ACRONYMS = {
    "ONU",
    "OTAN",
    "USA",
    "UE",
    "AFP",
    "EI",
    "RDC",
    "CPI",
    "CIJ",
    "OMS",
    "UA",
    "PKK",
    "RSF",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a post. ``text`` is for the model, "" where there is nothing to translate.

    ``held`` pairs what stands in ``text`` (a mask, or the thing itself) with what must be found in
    the result; ``hidden`` pairs masks with the names and numbers they stand for. ``tag`` marks a
    hashtag that stood apart.
    """

    text: str
    before: str = ""
    after: str = ""
    held: tuple[tuple[str, str], ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    tag: bool = False


@dataclass(frozen=True, slots=True)
class _Aside:
    """What may be set aside behind masks: ``names`` as written → in English."""

    masks: Masks
    names: Mapping[str, str]


def segments(
    text: str,
    *,
    english: Sequence[Span] = (),
    masks: Masks | None = None,
    names: Mapping[str, str] | None = None,
) -> list[Segment]:
    """Cut a post into what is translated and what stays. ``english`` are spans that stay; ``names``
    are put behind ``masks``: as written → in English.

    ``restore`` with the segments' own texts gives the post back, but for its hashtags' signs.
    """
    found: list[Segment] = []
    aside = _Aside(masks or Masks(), names if names and masks and masks.names else {})
    at = 0
    for span in sorted(english, key=lambda s: s.start):
        if span.code != "en" or len(text[span.start : span.end].split()) < 3 or span.start < at:
            continue
        found.extend(_lines(text[at : span.start], aside))
        found.append(Segment("", before=text[span.start : span.end]))
        at = span.end
    found.extend(_lines(text[at:], aside))
    return found


def _lines(text: str, aside: _Aside) -> list[Segment]:
    found: list[Segment] = []
    for line in re.split(r"(\n+)", text):
        if not line.strip():
            if line:
                found.append(Segment("", before=line))
            continue
        opening = _OPENING.match(line)
        known = opening["tag"].lstrip("#＃").lower() if opening else ""
        if opening and (known in OPENINGS or opening["tag"][0] in "#＃"):
            said = OPENINGS.get(known)
            if said:
                mark = "#" if opening["tag"][0] in "#＃" else ""
                found.append(Segment("", before=f"{opening['lead']}{mark}{said} | "))
            else:
                tag = _words(opening["tag"])
                found.append(Segment(tag, opening["lead"], " | ", tag=True))
            line = line[opening.end() :]
        tail = _tail(line)
        body = line[: len(line) - len(tail)]
        for sentence in split_sentences(body):
            found.append(_sentence(sentence, aside))
        found.extend(_tags(tail, aside.names))
    return found


def _tail(line: str) -> str:
    """The run of hashtags, links, mentions and emoji that ends a line. A hashtag after a word that
    leads to a name ("in #Baghdad") is a word of its sentence."""
    end = len(line)
    for match in reversed(list(_APART.finditer(line))):
        if line[match.end() : end].strip(" .،|"):
            break
        words = line[: match.start()].split() if match[0][0] in "#＃" else []
        if words and re.split(r"['’]", words[-1].lower())[0] in _LEADS_ON:
            break
        end = match.start()
    return line[end:]


def _tags(tail: str, names: Mapping[str, str]) -> list[Segment]:
    found: list[Segment] = []
    at = 0
    for match in _ONE_TAG.finditer(tail):
        if match.start() > at:
            found.append(Segment("", before=tail[at : match.start()]))
        words = _words(match[0])
        known = OPENINGS.get(match[0].lstrip("#＃").lower())
        if known is None and words in names:
            known = _as_hashtag(names[words])[1:]
        found.append(Segment("", before=f"#{known}") if known else Segment(words, tag=True))
        at = match.end()
    if at < len(tail):
        found.append(Segment("", before=tail[at:]))
    return found


def _words(tag: str) -> str:
    return _HUMP.sub(" ", tag.lstrip("#＃").replace("_", " ").replace("\u200c", " ")).strip()


def _sentence(sentence: str, aside: _Aside) -> Segment:
    stripped = sentence.strip()
    before = sentence[: len(sentence) - len(sentence.lstrip())]
    after = sentence[len(sentence.rstrip()) :]
    lead = re.match(rf"(?:(?:{_LINK}|{_MENTION}|{_EMOJI})[\s:،,]*)+", stripped)
    if lead:
        before, stripped = before + lead[0], stripped[lead.end() :]
    free = [mask for mask in aside.masks.links if mask not in stripped]
    held: list[tuple[str, str]] = []

    def set_aside(match: re.Match[str]) -> str:
        kept = match[0].strip()
        if free:
            mask = free.pop()
            held.append((mask, kept))
            return f"{mask} "
        held.append((kept, kept))
        return match[0] if match["mention"] else " "

    text = _HELD.sub(set_aside, stripped)
    text = _ONE_TAG.sub(lambda m: _words(m[0]), text)
    text = re.sub(r"[^\S\n]+", " ", text).strip()
    if not _LETTER.search(text):
        return Segment("", before=before + stripped + after)
    text, hidden = hide(text, aside.names, aside.masks)
    if not _LETTER.search(text):  # nothing but names and numbers
        return Segment("", before=before + _reveal(_reveal(text, hidden), held) + after)
    return Segment(_sentence_case(text), before, after, tuple(held), tuple(hidden))


def _sentence_case(text: str) -> str:
    """A headline in capitals as a sentence: models read capitals letter by letter."""
    letters = [c for c in text if c.isalpha() and (c.isupper() or c.islower())]
    if len(letters) < 12 or sum(c.isupper() for c in letters) < 0.8 * len(letters):
        return text
    lowered = re.sub(r"\w+", lambda m: m[0] if m[0] in _ACRONYMS else m[0].lower(), text)
    return lowered[:1].upper() + lowered[1:]


def restore(parts: Sequence[Segment], translate: Callable[[Segment], str]) -> str:
    """The post in English: ``translate`` gives each segment's translation."""
    said = []
    for part in parts:
        middle = _reveal(translate(part).strip() if part.text else "", part.hidden)
        for sign, kept in part.held:
            if sign != kept and sign in middle:
                middle = middle.replace(sign, kept, 1)
            elif kept not in middle:
                middle = f"{middle} {kept}"
        if part.tag:
            middle = _as_hashtag(middle) or "#" + part.text.replace(" ", "_")
        said.append(f"{part.before}{middle}{part.after}")
    return "".join(said)


def _reveal(text: str, hidden: Sequence[tuple[str, str]]) -> str:
    for mask, kept in hidden:
        if text.startswith(mask):
            text = kept[:1].upper() + kept[1:] + text[len(mask) :]
        text = text.replace(mask, kept)
    return text


def _as_hashtag(words: str) -> str:
    parts = re.findall(r"\w+", words)
    return "#" + "".join(w[:1].upper() + w[1:] for w in parts) if parts else ""

"""Near-duplicates: the same text again, retweeted, cut off, with another link or a corrected typo.

Two steps, both on words without links, mentions, labels such as "BREAKING |" and trailing hashtags:

1. *Candidates* share one of the smallest hashes of their word triples (a bottom-k sketch: Broder
   1997, "On the resemblance and containment of documents").
2. *A verdict on the words themselves* (:func:`same`). Resemblance alone is wrong for short news:
   "explosion in Aden" and "explosion in Sanaa" share all but one word and are two events, while a
   retweet cut in half is one text. So words may be missing or misspelt, never exchanged, and a
   number or a negation that only one of the two has makes them two.

Hashes are CRC-32, so every process and every run sees the same duplicates.
"""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from monitor.text import arabic
from monitor.text.held import SKETCH, HeldTexts

_SHINGLE = 3  # words
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_MAX_WORDS = 400  # of a long article only the beginning is compared

_LINK = re.compile(
    r"https?://\S+|www\.\S+|\b(?:pic\.twitter\.com|t\.me|t\.co|bit\.ly|youtu\.be)/\S+",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"^\W*(?:RT\s+@\w+\s*:?|(?:via|from|par|عبر|نقلا عن)\s+@\w+\s*[:|]?)\s*", re.IGNORECASE
)
_VIA = re.compile(r"[\s(\[|–—-]*\b(?:via|par|عبر)\s+@?\w+[)\]]?\s*$", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@\w+")
_TRAILING_TAGS = re.compile(r"(?:\s*#\w+)+[\s.!]*$")
_CUT = re.compile(r"(?:…|\.\.\.)[\s\W]*$")
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:[’'][^\W\d_]+)*")
_LABELS = frozenset(
    "breaking urgent alerte flash info update watch video photo photos exclusive exclusif "  # noqa: SIM905
    "عاجل شاهد فيديو بالفيديو بالصور صور متابعه خاص حصري الان تحديث".split()
)
_NEGATIONS = frozenset(
    "no not never none nor without deny denies denied false fake hoax cancelled canceled isn aren "  # noqa: SIM905
    "wasn weren don doesn didn won ne pas non jamais aucun aucune sans dément démentent faux "
    "annulé annulée لا لم لن ليس ليست غير بدون دون "
    "ينفي تنفي نفي نفت كاذب كاذبه الغاء مش مو ماكو ما".split()
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What is compared of a text: its words, normalised, and the sketch that finds candidates.

    ``words`` is one string with single spaces; ``cut`` says that the text ends in "…".
    """

    words: str
    sketch: tuple[int, ...]
    cut: bool


def signature(text: str) -> Signature:
    """The signature of a post's full text. Pure; the same on every machine."""
    stripped = _LINK.sub(" ", text).strip()
    previous = ""
    while previous != stripped:
        previous = stripped
        stripped = _FORWARD.sub("", stripped).strip()
    stripped = _VIA.sub("", stripped)
    untagged = _TRAILING_TAGS.sub("", stripped)
    if _WORD.search(untagged):  # a post that is hashtags only is compared by them
        stripped = untagged
    cut = _CUT.search(stripped) is not None
    stripped = _MENTION.sub(" ", stripped)
    words = _WORD.findall(arabic.normalize(stripped).casefold())[:_MAX_WORDS]
    start = 0
    while start < len(words) and words[start] in _LABELS:
        start += 1
    words = words[start:] or words
    return Signature(" ".join(words), _sketch(words), cut)


def same(a: Signature, b: Signature) -> bool:
    """Whether the two are one text, up to truncation, small additions and misspellings."""
    if a.words == b.words:
        return bool(a.words)
    first, second = a.words.split(), b.words.split()
    if len(first) > len(second):
        return same(b, a)
    if a.cut and _continues(first, second):
        return True
    only_first, only_second = Counter(first) - Counter(second), Counter(second) - Counter(first)
    _pair_misspellings(only_first, only_second)
    if not only_first and not only_second:
        return True  # the same words in another order
    for word in (*only_first, *only_second):
        if word[0].isdigit() or word in _NEGATIONS:
            return False
    missing, added = only_first.total(), only_second.total()
    if missing and added:
        return False
    return max(missing, added) * 6 <= len(second)


class NearDuplicates:
    """The texts of the last days, to tell whether a new one repeats one of them.

    Holds at most ``capacity`` texts published within ``window`` before the newest, and at most
    ``most_bytes`` of their words; a text that repeats another is not held itself, so a retweet
    storm takes no room. With the defaults never more than 45 MB, however long the texts are.
    Feeding the same posts in the same order gives the same answers in every process.
    """

    def __init__(
        self,
        window: timedelta = timedelta(days=3),
        capacity: int = 50_000,
        most_bytes: int = 20 * 2**20,
    ) -> None:
        self.window = window
        self.capacity = capacity
        self._held = HeldTexts(capacity, most_bytes)
        self._newest: datetime | None = None

    def __len__(self) -> int:
        return len(self._held)

    def add(self, post_id: str, text: str, at: datetime) -> str | None:
        """The id of the first text held that ``text`` repeats, else None; then hold it.

        ``at`` is when the post was published (with a zone). A post added twice, as after an edit,
        is held with its latest text and never repeats itself.
        """
        self._held.drop(post_id)
        found = signature(text)
        if not found.words:
            return None
        if self._newest is None or at > self._newest:
            self._newest = at
            # Posts arrive almost in order: what is out of order waits for the ones before it.
            self._held.drop_before(_microseconds(at) - self.window // _MICROSECOND)
        first = self._find(found)
        if first is None:
            self._held.hold(
                post_id, found.words, found.sketch, cut=found.cut, time=_microseconds(at)
            )
        return first

    def _find(self, found: Signature) -> str | None:
        shared: Counter[int] = Counter()
        for value in found.sketch:
            # "our correspondent in …" opens thousands of posts: the latest are enough
            shared.update(self._held.with_hash(value, 64))
        for slot, _ in shared.most_common(16):
            post_id, words, cut = self._held.text(slot)
            if same(Signature(words, (), cut), found):
                return post_id
        return None


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _sketch(words: list[str]) -> tuple[int, ...]:
    if not words:
        return ()
    size = min(_SHINGLE, len(words))
    shingles = {
        zlib.crc32(" ".join(words[i : i + size]).encode("utf-8", "surrogatepass"))
        for i in range(len(words) - size + 1)
    }
    return tuple(heapq.nsmallest(SKETCH, shingles))


def _continues(cut: list[str], whole: list[str]) -> bool:
    """Whether ``whole`` begins with ``cut``, whose last word may be cut off too."""
    if len(cut) < 4:
        return False
    return whole[: len(cut) - 1] == cut[:-1] and whole[len(cut) - 1].startswith(cut[-1])


def _pair_misspellings(first: Counter[str], second: Counter[str]) -> None:
    """Take out of both the words that are one word spelt in two ways."""
    for word in list(islice(first, 8)):
        for other in list(islice(second, 8)):
            if first[word] and second[other] and _misspelt(word, other):
                pairs = min(first[word], second[other])
                first[word] -= pairs
                second[other] -= pairs
    for counter in (first, second):
        for word in [word for word, count in counter.items() if count <= 0]:
            del counter[word]


def _misspelt(a: str, b: str) -> bool:
    """One letter wrong, missing, doubled or swapped in a word of six letters or more."""
    if min(len(a), len(b)) < 5 or abs(len(a) - len(b)) > 1 or a[0].isdigit() or a[0] != b[0]:
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    left, right = a[start : len(a) - end], b[start : len(b) - end]
    return (len(left) <= 1 and len(right) <= 1) or (len(left) == 2 and left == right[::-1])

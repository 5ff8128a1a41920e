"""What posts say, in English, and which event each is about: the middle of :mod:`monitor.pipeline`.

A room of its own since only the analysing process loads what stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import compress

from monitor.link import Linker, LinkInput
from monitor.model import Analysis, Post, Translation
from monitor.text.language import LanguageDetector
from monitor.text.near import NearDuplicates
from monitor.text.places import Gazetteer
from monitor.translate import LATER, TranslationRequest, Translator, Untranslated


@dataclass(frozen=True, slots=True)
class Analyser:
    """What it takes to find out what posts say. ``analyse`` is a decision over values."""

    detector: LanguageDetector
    gazetteer: Gazetteer
    translator: Translator
    linker: Linker
    near: NearDuplicates
    followed: frozenset[str]
    keep_others: bool = False
    renew: Callable[[datetime], None] = lambda _: None  # takes in what people changed meanwhile

    def analyse(
        self, posts: Sequence[Post], now: datetime, *, hurry: bool = False
    ) -> list[Analysis]:
        """One analysis a post, in order. In a ``hurry``, posts whose link is sure without a
        translation do not wait for one: it is owed to them."""
        languages = self.detector.detect_many(
            [post.full_text for post in posts], [post.language_tag for post in posts]
        )
        places = [
            self.gazetteer.find(post.full_text, language.base, author=_named(post))
            for post, language in zip(posts, languages, strict=True)
        ]
        inputs = [
            LinkInput(post, language, None, found, parent_titles(post))
            for post, language, found in zip(posts, languages, places, strict=True)
        ]
        translated = self._translate(inputs, hurry=hurry)
        inputs = [
            item if isinstance(said, Untranslated) else self._told(item, said)
            for item, said in zip(inputs, translated, strict=True)
        ]
        links = self.linker.link_many(inputs)
        return [
            Analysis(
                language=item.language,
                translation=item.translation,
                places=item.places,
                links=linked,
                warnings=(said.reason,) if isinstance(said, Untranslated) and said.reason else (),
                # A text without language (a photo, a bare reference) is nobody else's either.
                followed=self.keep_others or item.language.base in {*self.followed, "und"},
                duplicate_of=self.near.add(item.post.id, item.post.full_text, item.post.at),
                translate_after=_owed(item.post, said, now),
            )
            for item, linked, said in zip(inputs, links, translated, strict=True)
        ]

    def remembered(self, posts: Sequence[Post]) -> dict[str, bytes]:
        """What the linker remembers of posts just analysed, for the store."""
        return self.linker.remembered([post.id for post in posts])

    def _told(self, item: LinkInput, english: Translation) -> LinkInput:
        """``item`` with its translation: the countries named there help to tell towns apart."""
        text, language = item.post.full_text, item.language.base
        places = self.gazetteer.find(text, language, english.text, author=_named(item.post))
        return replace(item, translation=english, places=places)

    def _translate(
        self, items: Sequence[LinkInput], *, hurry: bool
    ) -> list[Translation | Untranslated]:
        """What each item's text is in English, or why there is none."""
        asked = [TranslationRequest(i.post.full_text, i.language, i.places) for i in items]
        said = self.translator.at_hand(asked)
        wanted = [n for n, answer in enumerate(said) if answer == LATER]
        if hurry and wanted:
            links = self.linker.link_many([items[n] for n in wanted])
            unsure = [not any(link.status == "confirmed" for link in found) for found in links]
            wanted = list(compress(wanted, unsure))
        # The newest first: where the budget of the hour ends, the older ones wait.
        wanted.sort(key=lambda n: items[n].post.at, reverse=True)
        made = self.translator.translate_many([asked[n] for n in wanted])
        for n, answer in zip(wanted, made, strict=True):
            said[n] = answer
        return said


def parent_titles(post: Post) -> tuple[str, ...]:
    """What the pages and posts are called in which ``post`` was found."""
    return tuple(parent.title for parent in post.parents if parent.title)


def _owed(post: Post, said: Translation | Untranslated, now: datetime) -> datetime | None:
    """When to try again to translate: at its turn; in a minute where a model, a server or budget
    is wanting (``Translator.languages`` says when it is there); after half the time since it was
    collected, at most a day, where the engine failed on this very text."""
    if isinstance(said, Translation) or not said.retry:
        return None
    if said == LATER:
        return now
    soon, half = timedelta(minutes=1), (now - post.collected_at) / 2
    return now + (min(max(half, soon), timedelta(days=1)) if said.failed else soon)


def _named(post: Post) -> str:
    """Author's name and handle: a hashtag that repeats them signs the post, it names no place."""
    return " ".join(part for part in (post.author.name, post.author.handle) if part)

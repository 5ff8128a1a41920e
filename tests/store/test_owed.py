"""Translations that are owed are state in the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from monitor.model import FeedState, Translation
from monitor.store import Owed, Store
from tests.builders import NOW, a_post, an_analysis

HOUR = timedelta(hours=1)
ENGLISH = Translation("Explosions", "ar", "en", "e", "m")


def _owe(store: Store, *names: str, language: str = "ar", hours: int = 0, **more: Any) -> None:
    store.record_poll(FeedState("a"), [a_post(name) for name in names], NOW)
    said = {"warnings": ("no model",), "translate_after": NOW + hours * HOUR, **more}
    pending = store.pending(100, NOW)
    store.save_analyses([(item, an_analysis(language, **said)) for item in pending])


def _owed(store: Store, *languages: str, hours: int = 0) -> list[str]:
    return [p.post.external_id for p in store.owed(languages, 10, NOW + hours * HOUR)]


def test_what_is_owed_is_found_by_language_once_it_is_due(store: Store) -> None:
    _owe(store, "1")
    _owe(store, "2", language="fr", hours=2)
    assert _owed(store, "ar", "fr") == ["1"]
    assert _owed(store, "fr", hours=2) == ["2"]
    assert _owed(store) == []
    assert store.pending(10, NOW) == []


def test_the_newest_comes_first(store: Store) -> None:
    old = a_post("old", published_at=NOW - HOUR)
    store.record_poll(FeedState("a"), [old], NOW)
    _owe(store, "new")
    assert _owed(store, "ar") == ["new", "old"]


def test_a_translation_pays_the_debt(store: Store) -> None:
    _owe(store, "1")
    (item,) = store.owed(["ar"], 10, NOW)
    store.save_analyses([(item, an_analysis("ar", translation=ENGLISH))])
    assert _owed(store, "ar", hours=99) == []
    (found,) = store.linked()
    assert found.analysis.translation == ENGLISH


def test_trying_in_vain_shows_nobody_the_post_again(store: Store) -> None:
    _owe(store, "1")
    seq = store.last_seq()
    (item,) = store.owed(["ar"], 10, NOW)
    again = an_analysis("ar", warnings=("no model",), translate_after=NOW + HOUR)
    store.save_analyses([(item, again)])
    assert store.last_seq() == seq
    assert _owed(store, "ar") == []
    assert _owed(store, "ar", hours=1) == ["1"]


def test_an_edited_post_is_pending_not_owed(store: Store) -> None:
    _owe(store, "1")
    store.record_poll(FeedState("a"), [a_post("1", text="36 wounded")], NOW)
    assert _owed(store, "ar") == []
    assert len(store.pending(10, NOW)) == 1


def test_what_is_owed_is_counted_by_language(store: Store) -> None:
    early = a_post("1", collected_at=NOW - HOUR)
    store.record_poll(FeedState("a"), [early], NOW)
    _owe(store, "1", "2")
    _owe(store, "3", language="fr", hours=9)
    _owe(store, "4", language="de", followed=False)  # nobody waits for it
    _owe(store, "5")
    store.record_poll(FeedState("a"), [a_post("5", text="36 wounded")], NOW)  # to be analysed again
    assert store.owed_translations() == [Owed("ar", 2, NOW - HOUR), Owed("fr", 1, NOW)]

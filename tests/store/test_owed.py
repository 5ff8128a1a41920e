"""Translations that are owed are state in the store."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.model import FeedState, Translation
from monitor.store import Owed, SqliteStore, figures
from monitor.store.schema import MIGRATIONS, statements
from tests.builders import NOW, a_post, an_analysis

HOUR = timedelta(hours=1)
ENGLISH = Translation("Explosions", "ar", "en", "e", "m")


def _owe(
    store: SqliteStore, *names: str, language: str = "ar", hours: int = 0, **more: Any
) -> None:
    store.record_poll(FeedState("a"), [a_post(name) for name in names], NOW)
    said = {"warnings": ("no model",), "translate_after": NOW + hours * HOUR, **more}
    pending = store.pending(100, NOW)
    store.save_analyses([(item, an_analysis(language, **said)) for item in pending])


def _owed(store: SqliteStore, *languages: str, hours: int = 0) -> list[str]:
    return [p.post.external_id for p in store.owed(languages, 10, NOW + hours * HOUR)]


def test_what_is_owed_is_found_by_language_once_it_is_due(store: SqliteStore) -> None:
    _owe(store, "1")
    _owe(store, "2", language="fr", hours=2)
    assert _owed(store, "ar", "fr") == ["1"]
    assert _owed(store, "fr", hours=2) == ["2"]
    assert _owed(store) == []
    assert store.pending(10, NOW) == []


def test_the_newest_comes_first(store: SqliteStore) -> None:
    old = a_post("old", published_at=NOW - HOUR)
    store.record_poll(FeedState("a"), [old], NOW)
    _owe(store, "new")
    assert _owed(store, "ar") == ["new", "old"]


def test_a_translation_pays_the_debt(store: SqliteStore) -> None:
    _owe(store, "1")
    (item,) = store.owed(["ar"], 10, NOW)
    store.save_analyses([(item, an_analysis("ar", translation=ENGLISH))])
    assert _owed(store, "ar", hours=99) == []
    (found,) = store.linked()
    assert found.analysis.translation == ENGLISH


def test_trying_in_vain_shows_nobody_the_post_again(store: SqliteStore) -> None:
    _owe(store, "1")
    seq = store.last_seq()
    (item,) = store.owed(["ar"], 10, NOW)
    again = an_analysis("ar", warnings=("no model",), translate_after=NOW + HOUR)
    store.save_analyses([(item, again)])
    assert store.last_seq() == seq
    assert _owed(store, "ar") == []
    assert _owed(store, "ar", hours=1) == ["1"]


def test_an_edited_post_is_pending_not_owed(store: SqliteStore) -> None:
    _owe(store, "1")
    store.record_poll(FeedState("a"), [a_post("1", text="36 wounded")], NOW)
    assert _owed(store, "ar") == []
    assert len(store.pending(10, NOW)) == 1


def test_what_is_owed_is_counted_by_language_from_an_index_alone(store: SqliteStore) -> None:
    early = a_post("1", collected_at=NOW - HOUR)
    store.record_poll(FeedState("a"), [early], NOW)
    _owe(store, "1", "2")
    _owe(store, "3", language="fr", hours=9)
    _owe(store, "4", language="de", followed=False)  # nobody waits for it
    _owe(store, "5")
    store.record_poll(FeedState("a"), [a_post("5", text="36 wounded")], NOW)  # to be analysed again
    assert store.owed_translations() == [Owed("ar", 2, NOW - HOUR), Owed("fr", 1, NOW)]
    with store.reading() as db:
        plan = [row["detail"] for row in db.execute(f"EXPLAIN QUERY PLAN {figures.OWED}")]
    assert plan == ["SCAN posts USING COVERING INDEX posts_owing"]


def test_a_store_of_an_earlier_version_owes_what_it_never_translated(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        for script in MIGRATIONS[:2]:
            for statement in statements(script):
                db.execute(statement)
        db.execute("PRAGMA user_version = 2")
        for number, (language, analysis) in enumerate(
            [
                ("ar", '{"language": {"code": "ar", "confidence": 1}}'),
                ("ar", '{"translation": {"text": "done"}}'),
                ("en", "{}"),
            ]
        ):
            db.execute(
                "INSERT INTO posts (id, source, at, collected_at, doc, pending, analysis, language)"
                " VALUES (?, 's', 0, 0, ?, 0, ?, ?)",
                (f"x:{number}", _doc(number), analysis, language),
            )
    db.close()
    store = SqliteStore(path)
    assert _owed(store, "ar", "en") == ["0"]
    store.close()


def _doc(number: int) -> str:
    from monitor.store.codec import dump

    return dump(a_post(str(number)))

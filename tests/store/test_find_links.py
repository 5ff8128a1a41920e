"""A link is found by its id from an index, however large the store is."""

import sqlite3
from pathlib import Path

import pytest

from monitor.cli.review import find_links
from monitor.errors import InputError
from monitor.model import Decision, FeedState, link_id
from monitor.store import SqliteStore, Store, rows
from monitor.store.codec import dump
from tests.builders import NOW, a_link, a_post, an_analysis
from tests.store.earlier import migrate_to

QAIM = link_id("telegram:1", "qaim")


@pytest.fixture
def linked(store: Store) -> Store:
    """Two posts that are linked to "qaim"."""
    link_two(store)
    return store


def link_two(store: Store) -> None:
    store.record_poll(FeedState("marsad"), [a_post("1"), a_post("2")], NOW)
    for item in store.pending(10, NOW):
        store.save_analyses([(item, an_analysis(links=(a_link(item.post.id),)))])


def test_a_link_is_found_with_what_people_decided(linked: Store) -> None:
    linked.decide(Decision("telegram:1", "qaim", "reject", "ana", NOW))
    [found] = linked.find_links(QAIM)
    assert (found.post_id, found.event_id, found.status) == ("telegram:1", "qaim", "rejected")


def test_a_link_that_only_a_person_made_is_found_too(linked: Store) -> None:
    linked.decide(Decision("telegram:1", "tower", "assign", "ana", NOW))
    linked.decide(Decision("telegram:2", None, "none", "ana", NOW))
    [found] = linked.find_links(link_id("telegram:1", "tower"))
    assert (found.event_id, found.status) == ("tower", "accepted")


def test_a_link_the_machine_took_back_is_not_found(linked: Store) -> None:
    linked.reanalyse()
    linked.save_analyses([(item, an_analysis()) for item in linked.pending(10, NOW)])
    assert linked.find_links(QAIM) == []


def test_nothing_is_scanned(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "monitor.db")
    link_two(store)
    said: list[str] = []
    with store.reading() as db:
        db.set_trace_callback(said.append)
        rows.find_links(db, QAIM, 100)
        db.set_trace_callback(None)
        plan = [
            row["detail"] for asked in said for row in db.execute(f"EXPLAIN QUERY PLAN {asked}")
        ]
    store.close()
    assert len(said) > 2  # the ids, the post, its decisions
    assert any("links_id (link_id>? AND link_id<?)" in step for step in plan)
    assert any("decisions_link (link_id>? AND link_id<?)" in step for step in plan)
    scans = {step for step in plan if step.startswith("SCAN")}
    assert scans <= {"SCAN CONSTANT ROW"}  # a value, no table


def test_two_links_of_one_id_are_told_apart_by_a_person(
    linked: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [*linked.find_links(QAIM), *linked.find_links(link_id("telegram:2", "qaim"))]
    same = [a_link(link.post_id, link.event_id) for link in both]
    monkeypatch.setattr(type(same[0]), "id", QAIM)
    monkeypatch.setattr(linked, "find_links", lambda _begin: same)
    with pytest.raises(InputError, match=r"telegram:1 and telegram:2.*review assign"):
        find_links(linked, (QAIM,))


def test_a_store_of_an_earlier_version_finds_its_links(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as db:
        migrate_to(db, 5)
        for n in (1, 2):
            post, analysis = a_post(str(n)), an_analysis(links=(a_link(f"telegram:{n}"),))
            db.execute(
                "INSERT INTO posts (id, source, at, collected_at, doc, pending, analysis)"
                " VALUES (?, 's', 0, 0, ?, 0, ?)",
                (post.id, dump(post), dump(analysis)),
            )
            db.execute("INSERT INTO links VALUES (?, 'qaim', 0.95, 'confirmed')", (post.id,))
        made = Decision("telegram:2", "tower", "assign", "ana", NOW)
        none = Decision("telegram:2", None, "none", "ana", NOW)
        for decision in (made, none):
            db.execute(
                "INSERT INTO decisions (post_id, doc) VALUES ('telegram:2', ?)", (dump(decision),)
            )
    db.close()
    store = SqliteStore(path)
    assert [link.post_id for link in store.find_links(QAIM)] == ["telegram:1"]
    assert [link.event_id for link in store.find_links(link_id("telegram:2", "tower"))] == ["tower"]
    store.close()

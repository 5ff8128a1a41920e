"""Notes survive, change together or not at all; pages of posts go back from the newest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from monitor.errors import StoreError
from monitor.model import Decision, FeedState, Filter
from monitor.store import Store
from tests.builders import NOW, a_link, a_post, an_analysis


def test_notes_come_back_by_prefix_in_the_order_of_their_keys(store: Store) -> None:
    store.note({"b/1": "2", "a/2": '"القائم"', "a/1": "1", "a": "0"}, NOW)
    assert list(store.notes("a/").items()) == [("a/1", "1"), ("a/2", '"القائم"')]


def test_a_note_is_replaced_and_none_removes_it(store: Store) -> None:
    store.note({"a": "1", "b": "1"}, NOW)
    store.note({"a": None, "b": "2", "never there": None}, NOW)
    assert store.notes("") == {"b": "2"}
    assert store.noted(["a", "b"]) == {"b"}


def test_changes_are_kept_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(StoreError):
        store.note({"a": "1", "b": 1j}, NOW)  # type: ignore[dict-item]
    assert store.notes("") == {}


def test_old_notes_are_forgotten_by_prefix(store: Store) -> None:
    store.note({"seen/1": "1", "kept/1": "1"}, NOW)
    store.note({"seen/2": "1"}, NOW + timedelta(hours=2))
    assert store.forget_notes("seen/", NOW + timedelta(hours=1)) == 1
    assert list(store.notes("")) == ["kept/1", "seen/2"]


def test_pages_go_back_from_the_last_change_and_keep_to_the_filter(store: Store) -> None:
    store.record_poll(FeedState("f"), [a_post(str(n)) for n in range(5)], NOW)
    for item in store.pending(10, NOW):
        links = (a_link(item.post.id),) if int(item.post.external_id) % 2 == 0 else ()
        store.save_analyses([(item, an_analysis(links=links))])
    everything = [lp.seq for lp in store.linked()]
    first = store.latest(limit=2)
    assert [lp.seq for lp in first] == everything[::-1][:2]
    rest = store.latest(before_seq=first[-1].seq)
    assert [lp.seq for lp in rest] == everything[::-1][2:]
    assert len(store.latest(Filter(linked=True))) == 3


def test_conditions_on_links_see_what_people_decided(store: Store) -> None:
    """SQL narrows by the links of the machine; decided posts are looked at whatever those say."""
    store.record_poll(FeedState("f"), [a_post(str(n)) for n in range(6)], NOW)
    for item in store.pending(10, NOW):
        n = int(item.post.external_id)
        links = (a_link(item.post.id, f"e{n}", probability=0.6 + n / 20),) if n < 4 else ()
        store.save_analyses([(item, an_analysis(links=links))])
    store.decide(Decision("telegram:0", "e0", "accept", "ana", NOW))
    store.decide(Decision("telegram:1", "e1", "reject", "ana", NOW))
    store.decide(Decision("telegram:5", "e0", "assign", "ana", NOW))

    def found(**which: Any) -> set[str]:
        return {lp.post.external_id for lp in store.linked(Filter(**which))}

    assert found(events=("e0",)) == {"0", "5"}
    assert found(statuses=("accepted",)) == {"0", "5"}
    assert found(statuses=("rejected",)) == {"1"}
    assert found(statuses=("suggested",)) == {"2", "3"}
    assert found(events=("e2",), statuses=("suggested",)) == {"2"}
    assert found(min_probability=0.74) == {"3", "5"}
    assert found(linked=True) == {"0", "1", "2", "3", "5"}
    assert found(linked=False) == {"4"}

"""What a store promises, whatever database keeps it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import StoreBusy, StoreError
from monitor.model import (
    Author,
    Decision,
    FeedState,
    Filter,
    Language,
    Parent,
    Place,
    Post,
    Translation,
)
from monitor.store import Store, open_store, rows
from tests.builders import NOW, a_link, a_post, an_analysis


def keep(store: Store, *posts: Post, feed: str = "marsad") -> None:
    store.record_poll(FeedState(feed), posts, NOW)


def analyse_all(store: Store, *links_to: str) -> None:
    for item in store.pending(100, NOW):
        links = tuple(a_link(item.post.id, event) for event in links_to)
        store.save_analyses([(item, an_analysis(links=links))])


def test_a_post_comes_back_as_it_was_kept(store: Store) -> None:
    post = a_post(
        text="انفجارات في القائم\nسطر ثانٍ\0",
        title="عاجل",
        url="https://t.me/marsad/1",
        author=Author("مرصد", "@marsad"),
        parents=(Parent("https://a.example", "Riposte"),),
        media=("pic.twitter.com/x",),
        metrics={"views": 10},
        published_raw="٢ فبراير ٢٠٢٤",
        edited_at=NOW,
    )
    keep(store, post)
    (pending,) = store.pending(10, NOW)
    assert pending.post == post
    assert pending.version == 1


def test_an_edit_of_a_forward_is_taken_but_an_article_keeps_what_it_froze(
    store: Store,
) -> None:
    forward = a_post(platform="telegram", parents=(Parent("https://t.me/a/1", "A", "telegram"),))
    keep(store, replace(forward, text="first"))
    keep(store, replace(forward, text="corrected"))
    keep(store, replace(forward, text="first", parents=(Parent("https://news.example", "Late"),)))
    (item,) = store.pending(10, NOW)
    assert (item.post.text, item.version) == ("corrected", 2)
    assert [parent.platform for parent in item.post.parents] == ["telegram", "web"]


def test_an_analysis_comes_back_as_it_was_kept(store: Store) -> None:
    keep(store, a_post())
    (item,) = store.pending(1, NOW)
    analysis = an_analysis(
        "ar",
        links=(a_link(item.post.id),),
        translation=Translation("Explosions", "ar", "en", "e", "m", ("numbers differ",), 0.5),
        places=(Place("القائم", 3, 9, "Al-Qaim", "IQ", 34.4, 41.0, 99),),
        warnings=("w",),
    )
    store.save_analyses([(item, analysis)])
    (found,) = store.linked()
    assert found.analysis == analysis
    assert store.pending(1, NOW) == []


def test_the_same_post_again_is_seen_not_new(store: Store) -> None:
    first = store.record_poll(FeedState("a"), [a_post()], NOW)
    again = store.record_poll(FeedState("a"), [a_post()], NOW)
    assert (first.new, again.new, again.seen) == (1, 0, 1)


def test_an_edit_keeps_the_earlier_text_and_is_analysed_again(store: Store) -> None:
    keep(store, a_post(text="25 wounded"))
    analyse_all(store)
    recorded = store.record_poll(FeedState("marsad"), [a_post(text="36 wounded")], NOW)
    assert recorded.edited == 1
    assert [post.text for post in store.versions("telegram:1")] == ["25 wounded", "36 wounded"]
    (pending,) = store.pending(10, NOW)
    assert (pending.post.text, pending.version) == ("36 wounded", 2)


def test_an_analysis_of_an_old_version_does_not_end_the_wait_of_the_new(store: Store) -> None:
    keep(store, a_post(text="25 wounded"))
    (old,) = store.pending(1, NOW)
    keep(store, a_post(text="36 wounded"))
    store.save_analyses([(old, an_analysis())])
    assert [item.version for item in store.pending(1, NOW)] == [2]


def test_a_post_embedded_in_two_articles_is_one_post_with_two_parents(store: Store) -> None:
    embedded = a_post(parents=(Parent("https://a.example"),))
    keep(store, embedded)
    keep(store, replace(embedded, parents=(Parent("https://b.example"),)), feed="desk")
    analyse_all(store)
    (found,) = store.linked()
    assert [parent.url for parent in found.post.parents] == [
        "https://a.example",
        "https://b.example",
    ]
    assert found.duplicates.sources == 2


def test_an_article_that_quotes_an_older_text_does_not_undo_an_edit(store: Store) -> None:
    keep(store, a_post(text="36 wounded"))
    keep(store, a_post(text="25 wounded", parents=(Parent("https://a.example"),)))
    assert [post.text for post in store.versions("telegram:1")] == ["36 wounded"]


def test_a_bare_reference_gains_the_text_when_it_is_found(store: Store) -> None:
    keep(store, a_post(text="", complete=False, parents=(Parent("https://a.example"),)))
    keep(store, a_post(text="the words", parents=(Parent("https://b.example"),)))
    (item,) = store.pending(1, NOW)
    assert item.post.text == "the words"
    assert item.post.complete
    assert len(item.post.parents) == 2


def test_a_deleted_post_is_kept_and_says_so(store: Store) -> None:
    keep(store, a_post())
    analyse_all(store)
    recorded = store.record_poll(FeedState("marsad"), [], NOW, deleted=["telegram:1", "x:none"])
    assert recorded.deleted == 1
    (found,) = store.linked()
    assert found.deleted_at == NOW


def test_posts_and_feed_state_are_kept_together_or_not_at_all(store: Store) -> None:
    broken = a_post("2", published_at="yesterday")  # as a bug in a source might make it
    with pytest.raises(AttributeError):
        store.record_poll(FeedState("marsad", etag='"new"'), [a_post("1"), broken], NOW)
    assert store.counts().posts == 0
    assert store.feed_states(["marsad"]) == [FeedState("marsad")]


def test_feed_states_come_back_in_the_order_asked_for(store: Store) -> None:
    b = FeedState("b", etag='W/"\xe9"', cursor={"since_id": "9"}, failures=3, next_at=NOW)
    store.save_feed_state(b)
    assert store.feed_states(["a", "b"]) == [FeedState("a"), b]


def test_opened_pages_are_remembered(store: Store) -> None:
    store.record_poll(FeedState("a"), [], NOW, pages=["https://a.example/1"])
    asked = ["https://a.example/1", "https://a.example/2"]
    assert store.unopened(asked) == ["https://a.example/2"]


def test_fresh_posts_are_analysed_first_without_starving_the_oldest(store: Store) -> None:
    posts = [a_post(str(n), published_at=NOW - timedelta(hours=n)) for n in range(10)]
    keep(store, *posts)
    taken = [item.post.external_id for item in store.pending(4, NOW)]
    assert taken == ["0", "1", "2", "9"]


def test_a_postponed_post_waits_until_its_time(store: Store) -> None:
    keep(store, a_post())
    (item,) = store.pending(1, NOW)
    store.postpone(item.post.id, item.version, "engine is down", NOW + timedelta(minutes=5))
    assert store.pending(1, NOW) == []
    (again,) = store.pending(1, NOW + timedelta(minutes=5))
    assert again.attempts == 1


def test_lone_surrogates_do_not_stop_a_post_from_being_kept(store: Store) -> None:
    keep(store, a_post(text="a\ud800b"))
    assert [item.post.text for item in store.pending(1, NOW)] == ["a?b"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("القائم", True),
        ("قائم", True),  # without the article
        ("القآئم", True),  # another alef
        ("انفِجارات", True),  # with a vowel sign
        ("إنفجارات", True),  # with a hamza
        ("الانفجارات", True),  # with the article
        ("والقائم", True),  # with a conjunction
        ("explosions", True),  # in the translation
        ("بغداد", False),
        ('"unbalanced', False),
    ],
)
def test_search_finds_words_however_they_are_written(store: Store, query: str, found: bool) -> None:
    keep(store, a_post(text="انفجارات في القائم"))
    (item,) = store.pending(1, NOW)
    translation = Translation("Explosions in al-Qaim", "ar", "en", "e", "m")
    store.save_analyses([(item, an_analysis("ar", translation=translation))])
    assert bool(list(store.linked(Filter(search=query)))) is found


def test_filters_narrow_by_language_event_status_source_and_score(store: Store) -> None:
    keep(store, a_post("1"), a_post("2", source="desk"), a_post("3"))
    one, two, three = sorted(store.pending(3, NOW), key=lambda item: item.post.id)
    store.save_analyses(
        [
            (one, an_analysis("ar-Latn", links=(a_link(one.post.id, "qaim", 0.95),))),
            (two, an_analysis("fr", links=(a_link(two.post.id, "tower", 0.6),))),
            (three, replace(an_analysis("fa"), followed=False)),
        ]
    )

    def ids(**which: object) -> list[str]:
        found = store.linked(Filter(**which))  # type: ignore[arg-type]
        return [item.post.external_id for item in found]

    assert ids() == ["1", "2"]
    assert ids(others=True) == ["1", "2", "3"]
    assert ids(languages=("ar",)) == ["1"]
    assert ids(events=("tower",)) == ["2"]
    assert ids(statuses=("confirmed",)) == ["1"]
    assert ids(sources=("desk",)) == ["2"]
    assert ids(min_probability=0.9) == ["1"]
    assert ids(since=NOW + timedelta(seconds=1)) == []
    assert ids(linked=False, others=True) == ["3"]


def test_changes_come_in_order_and_can_be_followed(store: Store) -> None:
    keep(store, a_post("1"), a_post("2"))
    analyse_all(store)
    seen = list(store.linked())
    last = seen[-1].seq
    assert list(store.linked(after_seq=last)) == []
    keep(store, a_post("1", text="edited"))
    analyse_all(store)
    assert [item.post.text for item in store.linked(after_seq=last)] == ["edited"]


def test_near_duplicates_are_counted_at_the_first(store: Store) -> None:
    keep(store, a_post("1"))
    keep(store, a_post("2", source="desk"), feed="desk")
    for item in sorted(store.pending(2, NOW), key=lambda item: item.post.id):
        of = "telegram:1" if item.post.external_id == "2" else None
        store.save_analyses([(item, an_analysis(duplicate_of=of))])
    found = {item.post.external_id: item.duplicates for item in store.linked()}
    assert (found["1"].count, found["1"].sources) == (1, 2)
    assert found["2"].of == "telegram:1"


def test_what_the_linker_remembers_is_kept_of_the_last_posts_in_order(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "REMEMBERED", 3)
    keep(store, *(a_post(name) for name in "abcd"))
    items = {item.post.external_id: item for item in store.pending(10, NOW)}

    def remember(**known: bytes) -> None:
        done = [(items[name], an_analysis("en", warnings=(f"{known[name]!r}",))) for name in known]
        store.save_analyses(done, {f"telegram:{name}": doc for name, doc in known.items()})

    def remembered(after_seq: int = -1) -> list[tuple[str, bytes]]:
        found = store.remembered(after_seq)
        return [(post_id.removeprefix("telegram:"), doc) for post_id, doc in found]

    remember(a=b"1", b=b"1", c=b"1")
    before = store.last_seq()
    remember(b=b"2")  # linked again: it keeps its place
    assert remembered() == [("a", b"1"), ("b", b"2"), ("c", b"1")]
    remember(d=b"1")
    assert remembered() == [("b", b"2"), ("c", b"1"), ("d", b"1")]
    assert remembered(before) == [("b", b"2"), ("d", b"1")]


def test_the_latest_decision_of_a_person_counts_and_none_is_forgotten(store: Store) -> None:
    keep(store, a_post())
    analyse_all(store, "qaim")

    def decide(verdict: str, event: str | None) -> None:
        store.decide(Decision("telegram:1", event, verdict, "ana", NOW))  # type: ignore[arg-type]

    def statuses() -> dict[str, str]:
        (item,) = store.linked()
        return {link.event_id: link.status for link in item.analysis.links}

    decide("reject", "qaim")
    assert statuses() == {"qaim": "rejected"}
    decide("accept", "qaim")
    assert statuses() == {"qaim": "accepted"}
    decide("assign", "tower")
    assert statuses() == {"qaim": "accepted", "tower": "accepted"}
    decide("none", None)
    assert set(statuses().values()) == {"rejected"}
    assert len(list(store.decisions())) == 4


def test_a_decision_about_no_post_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="no post 'x:404'"):
        store.decide(Decision("x:404", "qaim", "accept", "ana", NOW))


def test_translations_are_cached_by_key(store: Store) -> None:
    translation = Translation("Hello", "ar", "en", "ctranslate2", "opus")
    store.put_many({"k": translation})
    assert store.get_many(["k", "missing"]) == {"k": translation}


def test_everything_is_there_after_closing_and_opening(where: str) -> None:
    first = open_store(where)
    keep(first, a_post())
    analyse_all(first, "qaim")
    before = list(first.linked())
    first.close()
    second = open_store(where)
    assert list(second.linked()) == before
    second.close()


def test_a_second_daemon_on_the_same_store_is_refused(where: str) -> None:
    one, two = open_store(where), open_store(where)
    with one.exclusive(), pytest.raises(StoreBusy, match="another monitor daemon"), two.exclusive():
        pass
    with two.exclusive():
        pass  # free again
    one.close()
    two.close()


def test_anybody_can_see_whether_a_daemon_holds_the_store(where: str) -> None:
    one, two = open_store(where), open_store(where)
    assert not two.held()
    with one.exclusive():
        assert two.held()
    assert not two.held()
    one.close()
    two.close()


def test_a_store_of_another_kind_is_refused() -> None:
    with pytest.raises(StoreError, match="mysql"):
        open_store("mysql://here/there")


def test_killed_in_the_middle_of_a_transaction_nothing_is_half_kept(where: str) -> None:
    code = (
        "import os, sys; from monitor.store import open_store\n"
        "store = open_store(sys.argv[1])\n"
        "with store.transaction() as db:\n"
        "    db.execute('INSERT INTO pages VALUES (?, 0)', ('https://a.example',))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, where], env=os.environ, check=False)
    assert ended.returncode == -9
    store = open_store(where)
    assert store.unopened(["https://a.example"]) == ["https://a.example"]
    store.close()


def test_language_of_a_post_is_found_by_its_base(store: Store) -> None:
    keep(store, a_post())
    (item,) = store.pending(1, NOW)
    store.save_analyses([(item, replace(an_analysis(), language=Language("ar-Latn", 0.8)))])
    assert [found.analysis.language.code for found in store.linked(Filter(languages=("ar",)))] == [
        "ar-Latn"
    ]


def test_recent_posts_come_oldest_first_counted_back_from_the_newest(store: Store) -> None:
    posts = [a_post(str(n), published_at=NOW - timedelta(days=n)) for n in range(5)]
    keep(store, *posts)
    analyse_all(store)
    recent = store.recent(timedelta(days=2), 50)
    assert [post.external_id for post in recent] == ["2", "1", "0"]
    newest = store.recent(timedelta(days=2), 2)
    assert [post.external_id for post in newest] == ["1", "0"]

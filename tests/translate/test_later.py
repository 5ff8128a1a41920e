"""What could not be translated is translated later: models that appear, servers that come back,
budgets that are new. With the real store, the real way of a post, and no sleeping."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from monitor.analyser import Analyser
from monitor.assemble import analyser_of
from monitor.config import load_config
from monitor.errors import EngineDown, TranslationError
from monitor.link import Linker, LinkInput
from monitor.model import FeedState, Language, Link, LinkedPost, Post
from monitor.pipeline import work_off
from monitor.store import SqliteStore
from monitor.text.language import LanguageDetector
from monitor.text.near import NearDuplicates
from monitor.text.places import Gazetteer
from monitor.translate import Engine, Output, TranslationRequest, Translator, Untranslated
from monitor.translate.engine import Offer
from monitor.translate.masks import Masks
from tests.builders import NOW, a_link, a_post
from tests.translate.tiny import described

TEXT = "انفجارات في مدينة القائم في العراق"
ENGLISH = "explosions in city al-Qaim in Iraq"
MINUTE = timedelta(minutes=1)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class SureOf:
    """Stands for the linker: sure of posts that hold one of ``words``."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def link_many(self, items: Sequence[LinkInput]) -> list[tuple[Link, ...]]:
        return [
            (a_link(i.post.id),) if any(w in i.post.text for w in self.words) else () for i in items
        ]

    def remembered(self, post_ids: Sequence[str]) -> dict[str, bytes]:
        return {}


class FakeServer:
    """An engine that fails on what a test says, and counts how often it is asked."""

    name, model, draft, remote = "fake", "server", False, True
    pairs = frozenset({("ar", "en")})
    masks = Masks()

    def __init__(self) -> None:
        self.asked = 0
        self.is_down = False
        self.poison = "\0"

    def count(self, text: str, source: str) -> int:
        return len(text)

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[Output]:
        self.asked += 1
        if self.is_down:
            raise EngineDown("the server is down")
        if any(self.poison in text for text in texts):
            raise TranslationError("this text is too much")
        return [Output(f"English {text.count(' ')}") for text in texts]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    fake = FakeServer()
    engine = cast(Engine, fake)
    offer = Offer("fake", "server", fake.pairs, lambda: engine, remote=True)
    monkeypatch.setattr("monitor.translate.installed.offers", lambda *_: [offer])
    return fake


def _analyser(translator: Translator, *sure_of: str) -> Analyser:
    return Analyser(
        LanguageDetector(("ar", "fr", "en")),
        Gazetteer.load(),
        translator,
        cast(Linker, SureOf(*sure_of)),
        NearDuplicates(),
        frozenset({"ar", "fr", "en"}),
    )


def _keep(store: SqliteStore, *posts: Post) -> None:
    store.record_poll(FeedState("marsad"), posts, NOW)


def _work(store: SqliteStore, analyser: Analyser, clock: Clock, **more: Any) -> None:
    """All that can be done now."""
    for _ in range(50):
        if not work_off(store, analyser, clock(), **more):
            return
    raise AssertionError("the work never ends")


def _english(store: SqliteStore) -> dict[str, str | None]:
    return {p.post.external_id: _said(p) for p in store.linked()}


def _said(item: LinkedPost) -> str | None:
    return item.analysis.translation.text if item.analysis.translation else None


def test_a_model_copied_in_while_the_daemon_runs_translates_the_posts_that_waited(
    store: SqliteStore, models: Path, tmp_path: Path, clock: Clock
) -> None:
    analyser = _analyser(Translator(tmp_path / "models", clock=clock))
    _keep(store, a_post(text=TEXT))
    _work(store, analyser, clock)
    (item,) = store.linked()
    assert item.analysis.translation is None
    assert "monitor models pull opus-mt-ar-en" in item.analysis.warnings[0]
    shutil.copytree(models / "opus-mt-ar-en", tmp_path / "models" / "opus-mt-ar-en")
    clock.now += MINUTE
    _work(store, analyser, clock)
    (item,) = store.linked()
    assert _said(item) == ENGLISH
    assert item.analysis.warnings == ()


def test_a_restart_forgets_no_owed_translation(
    store: SqliteStore, models: Path, tmp_path: Path, clock: Clock
) -> None:
    _keep(store, a_post(text=TEXT))
    _work(store, _analyser(Translator(tmp_path / "none", clock=clock)), clock)
    clock.now += MINUTE
    _work(store, _analyser(Translator(models, clock=clock)), clock)
    assert _english(store) == {"1": ENGLISH}


def test_a_folder_that_is_still_being_copied_is_tried_again_when_it_is_whole(
    models: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(models / "opus-mt-ar-en", tmp_path / "models" / "opus-mt-ar-en"))
    whole = (folder / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(whole[:1000])
    translator = Translator(tmp_path / "models")
    request = TranslationRequest(TEXT, Language("ar", 1.0))
    (answer,) = translator.translate_many([request])
    assert isinstance(answer, Untranslated)
    assert "cut short" in answer.reason
    assert "ar" not in translator.languages()
    (folder / "model.bin").write_bytes(whole)
    assert "ar" in translator.languages()
    (answer,) = translator.translate_many([request])
    assert not isinstance(answer, Untranslated)


def test_a_model_that_serves_two_languages_is_loaded_once(models: Path, tmp_path: Path) -> None:
    described(models, tmp_path / "both", pairs="[ar-en, fr-en]")
    translator = Translator(tmp_path)
    assert translator.languages() == {"ar", "fr", "en"}
    installed = translator._installed
    assert installed.engine_for("ar") is installed.engine_for("fr")


def test_a_server_that_is_down_is_left_alone_and_asked_again_later(
    store: SqliteStore, server: FakeServer, tmp_path: Path, clock: Clock
) -> None:
    server.is_down = True
    analyser = _analyser(Translator(tmp_path, clock=clock))
    _keep(store, *(a_post(str(n), text=f"{TEXT} {n}") for n in range(5)))
    _work(store, analyser, clock, batch=2)
    assert server.asked == 1  # not once a batch, nor once a post
    (first, *_) = store.linked()
    assert first.analysis.warnings == ("not translated from Arabic: the server is down",)
    clock.now += 2 * MINUTE
    _work(store, analyser, clock, batch=2)
    assert server.asked == 2
    server.is_down = False
    clock.now += MINUTE
    _work(store, analyser, clock, batch=2)
    assert server.asked == 2  # twice as long as before
    clock.now += 2 * MINUTE
    _work(store, analyser, clock, batch=2)
    assert None not in _english(store).values()


def test_a_text_the_engine_fails_on_holds_up_no_other_and_is_tried_ever_less_often(
    store: SqliteStore, server: FakeServer, tmp_path: Path, clock: Clock
) -> None:
    server.poison = "13"
    analyser = _analyser(Translator(tmp_path, clock=clock))
    _keep(store, *(a_post(str(n), text=f"{TEXT} {n}") for n in (12, 13, 14)))
    _work(store, analyser, clock)
    said = _english(store)
    assert said["13"] is None
    assert said["12"] is not None
    assert said["14"] is not None
    asked = server.asked
    clock.now += timedelta(hours=2)
    _work(store, analyser, clock)  # tried, in vain
    assert server.asked > asked
    asked = server.asked
    clock.now += timedelta(minutes=59)
    _work(store, analyser, clock)  # half of two hours has not passed
    assert server.asked == asked
    server.poison = "\0"
    clock.now += MINUTE
    _work(store, analyser, clock)
    assert None not in _english(store).values()


def test_in_a_backlog_a_post_whose_link_is_sure_does_not_wait_for_its_translation(
    store: SqliteStore, models: Path, clock: Clock
) -> None:
    analyser = _analyser(Translator(models, clock=clock), "القائم")
    sure, unsure = a_post("sure", text=TEXT), a_post("unsure", text="قصف على مدينة في العراق")
    _keep(store, sure, unsure)
    work_off(store, analyser, clock(), batch=2)
    items = {item.post.external_id: item for item in store.linked()}
    assert _said(items["sure"]) is None
    assert items["sure"].analysis.links[0].status == "confirmed"
    assert items["sure"].analysis.warnings == ("not translated yet: it waits for its turn",)
    assert _said(items["unsure"]) == "bombing on city in Iraq"
    _work(store, analyser, clock, batch=2)
    assert _english(store)["sure"] == ENGLISH


def test_without_a_backlog_every_post_is_shown_once_with_its_translation(
    store: SqliteStore, models: Path, clock: Clock
) -> None:
    _keep(store, a_post("sure", text=TEXT))
    work_off(store, _analyser(Translator(models, clock=clock), "القائم"), clock(), batch=2)
    assert _english(store) == {"sure": ENGLISH}


def test_the_budget_of_an_hour_goes_to_the_newest_posts_and_the_rest_follow(
    store: SqliteStore, models: Path, clock: Clock
) -> None:
    def translator() -> Translator:
        return Translator(models, cache=store, notes=store, per_hour=2 * len(TEXT), clock=clock)

    words = ["القائم", "العراق", "مدينة"]
    posts = [
        a_post(str(n), text=TEXT.replace("القائم", word), published_at=NOW - n * MINUTE)
        for n, word in enumerate(words)
    ]
    _keep(store, *posts)
    _work(store, _analyser(translator()), clock)
    said = _english(store)
    assert [n for n, english in said.items() if english is None] == ["2"]
    (waits,) = [p for p in store.linked() if p.post.external_id == "2"]
    assert waits.analysis.warnings == ("not translated yet: the budget of this hour is spent",)
    clock.now += 30 * MINUTE
    _work(store, _analyser(translator()), clock)  # a restart does not renew the budget
    assert _english(store)["2"] is None
    clock.now += 31 * MINUTE
    _work(store, _analyser(translator()), clock)
    assert None not in _english(store).values()


def test_repeated_texts_and_cached_ones_cost_no_budget(
    store: SqliteStore, models: Path, clock: Clock
) -> None:
    translator = Translator(models, per_hour=len(TEXT), clock=clock)
    requests = [TranslationRequest(TEXT, Language("ar", 1.0))] * 3
    for _ in range(2):
        assert not any(isinstance(a, Untranslated) for a in translator.translate_many(requests))
    assert translator.languages() == frozenset()


def test_a_full_model_that_is_installed_translates_again_what_a_draft_had_to_do(
    store: SqliteStore, models: Path, tmp_path: Path, clock: Clock
) -> None:
    (tmp_path / "config.yaml").write_text("translate: {models: installed}\n", encoding="utf-8")
    config = load_config(tmp_path / "config.yaml")
    described(models, tmp_path / "installed" / "draft", draft="true")
    analyser = analyser_of(config, [], store)
    _keep(store, a_post(text=TEXT))
    _work(store, analyser, clock)
    (item,) = store.linked()
    assert item.analysis.translation is not None
    assert item.analysis.translation.draft
    # One that does not load changes nothing; nor does anything until the next look.
    full = described(models, tmp_path / "installed" / "full")
    whole = (full / "model.bin").read_bytes()
    for data, model in ((whole[:1000], "draft"), (whole, "full"), (whole, "full")):
        (full / "model.bin").write_bytes(data)
        clock.now += MINUTE
        _work(store, analyser, clock)
        (item,) = store.linked()
        assert item.analysis.translation is not None
        assert item.analysis.translation.model == model

"""The case everything is measured against, through the real daemon over real HTTP.

On 2 February 2024 قناة الميادين posted about explosions in al-Qaim; a French article embedded the
post. It must be found, read, placed and linked to the right one of several neighbouring events.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.demo import FIXTURES, Summary, run_demo

POST = "x:1753535564633604096"
EVENT = "us-strikes-iraq-syria-2024-02-02"
CONTENT = yaml.safe_load((FIXTURES / "posts.yaml").read_text("utf-8"))


def at_once(content: dict[str, Any]) -> dict[str, Any]:
    """``content`` with everything published from the start, so that no test waits for it."""
    content = deepcopy(content)
    for name, key in [
        ("rss", "entries"),
        ("telegram", "posts"),
        ("atom", "entries"),
        ("mastodon", "statuses"),
        ("bluesky", "posts"),
    ]:
        for item in content[name][key]:
            item.pop("after", None)
    return content


def run(folder: Path, content: dict[str, Any]) -> tuple[dict[str, Any], Summary]:
    summary = run_demo(
        folder,
        folder / "models",
        None,
        on_linked=lambda _: None,
        on_polled=lambda _feed, _polled: None,
        content=content,
    )
    lines = (folder / "linked.jsonl").read_text("utf-8").splitlines()
    return {row["post"]["id"]: row for row in map(json.loads, lines)}, summary


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Summary]:
    return run(tmp_path_factory.mktemp("demo"), at_once(CONTENT))


@pytest.fixture(scope="module")
def tweet(result: tuple[dict[str, Any], Summary]) -> dict[str, Any]:
    found: dict[str, Any] = result[0][POST]
    return found


def test_the_embedded_post_is_an_item_of_its_own(tweet: dict[str, Any]) -> None:
    post = tweet["post"]
    assert post["platform"] == "x"
    assert post["author"]["name"] == "قناة الميادين"
    assert post["author"]["handle"] == "@AlMayadeenNews"
    assert post["text"] == CONTENT["x"]["almayadeen"]["text"]
    # To the millisecond, although the mark-up holds only the day: the id carries the time.
    assert post["published_at"] == "2024-02-02T21:47:12.381000Z"
    assert post["media"] == ["pic.twitter.com/FiH6heaU0B"]


def test_its_article_is_its_parent(tweet: dict[str, Any]) -> None:
    titles = {parent["title"] for parent in tweet["post"]["parents"]}
    assert "Riposte américaine en Irak et en Syrie après la mort de trois soldats" in titles
    assert len(titles) == 2  # the English desk embeds it too


def test_it_is_arabic_inside_french(tweet: dict[str, Any]) -> None:
    assert tweet["language"]["code"] == "ar"


def test_al_qaim_is_found_in_iraq_and_the_channel_name_is_no_town(tweet: dict[str, Any]) -> None:
    places = {place["mention"].lstrip("#"): place for place in tweet["places"]}
    assert places["القائم"]["country"] == "IQ"
    assert places["القائم"]["lat"] == pytest.approx(34.4, abs=0.2)
    assert places["القائم"]["lon"] == pytest.approx(41.0, abs=0.3)
    assert "الميادين" not in places


def test_it_is_confirmed_for_its_event_and_linked_to_no_neighbour(tweet: dict[str, Any]) -> None:
    links = {link["event_id"]: link["status"] for link in tweet["links"]}
    assert links == {EVENT: "confirmed"}


def test_the_link_says_why(tweet: dict[str, Any]) -> None:
    (link,) = tweet["links"]
    assert link["explanation"].endswith(".")
    assert any(
        evidence["kind"] == "place" and evidence["weight"] > 0 for evidence in link["evidence"]
    )


def test_without_a_model_there_is_no_translation_and_the_warning_says_which_command_helps(
    tweet: dict[str, Any],
) -> None:
    assert tweet["translation"] is None
    assert any("monitor models pull" in warning for warning in tweet["warnings"])


def test_persian_is_not_followed_and_arabizi_is_romanised_arabic(
    result: tuple[dict[str, Any], Summary],
) -> None:
    rows, summary = result
    assert summary.not_followed == 1
    assert not any("سپاه پاسداران" in row["post"]["text"] for row in rows.values())
    (arabizi,) = [row for row in rows.values() if "ya jama3a" in row["post"]["text"]]
    assert arabizi["language"]["code"] == "ar-Latn"


def test_a_repeat_is_grouped_with_the_first(result: tuple[dict[str, Any], Summary]) -> None:
    assert result[1].near_duplicates == 1


def test_posts_of_ordinary_life_are_kept_and_linked_to_nothing(
    result: tuple[dict[str, Any], Summary],
) -> None:
    for words in ("gratin de poireaux", "طقس اليوم", "sourdough", "Lens-PSG", "Scottish hearts"):
        (row,) = [
            row
            for row in result[0].values()
            if words in f"{row['post'].get('title')} {row['post']['text']}"
        ]
        assert row["links"] == [], words


def test_changing_a_fixture_changes_the_result(
    result: tuple[dict[str, Any], Summary], tmp_path: Path
) -> None:
    post = "telegram:marsad_alfurat/4103"
    assert [link["event_id"] for link in result[0][post]["links"]] == [EVENT]
    content = at_once(CONTENT)
    football = "فوز منتخب قطر على منتخب إيران في نصف نهائي كأس آسيا"
    content["x"]["almayadeen"]["text"] = f"{football} pic.twitter.com/FiH6heaU0B"
    (status,) = [item for item in content["telegram"]["posts"] if item["id"] == 4103]
    status["text"] = football
    rows, _ = run(tmp_path, content)
    assert rows[post]["links"] == []
    assert "القائم" not in {place["mention"] for place in rows[POST]["places"]}

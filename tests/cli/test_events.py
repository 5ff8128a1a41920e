"""`monitor events` and `monitor evaluate linking|discovery`, from the command line."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from monitor.cli import cli
from monitor.errors import ConfigError, InputError
from monitor.model import Analysis, FeedState, Language, Post
from monitor.store import SqliteStore
from tests.builders import NOW, a_link, a_post


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("events: [events.yaml]\n")
    (tmp_path / "events.yaml").write_text("- {id: bridge, title: Bridge collapse in Basra}\n")
    return path


def run(config: Path, *args: str) -> Result:
    given = [*args, "--config", str(config)]
    return CliRunner().invoke(cli, given, catch_exceptions=False)


FIRE = (
    "Fire at the Sidon textile factory",
    "Sidon textile factory fire spreads to warehouses",
    "Smoke over Sidon, textile factory on fire",
    "Three hurt in fire at Sidon textile factory",
)


def with_posts(config: Path) -> list[Post]:
    """A store with a story nobody knows yet, one linked post, and ordinary life."""
    texts = [*FIRE, "Bridge collapse in Basra", "my cat sleeps all day", "best pizza in town"]
    posts = [
        a_post(
            str(n), text, published_at=NOW - timedelta(hours=12 - n), source=f"feed{n % 3}",
            collected_at=NOW,
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    store = SqliteStore(config.parent / "monitor.db")
    store.record_poll(FeedState("marsad"), posts, NOW)
    done = []
    for item in store.pending(99, NOW):
        linked = (a_link(item.post.id, "bridge"),) if "Bridge" in item.post.text else ()
        done.append((item, Analysis(Language("en", 1.0), links=linked)))
    store.save_analyses(done)
    store.close()
    return posts


def test_an_emerging_story_is_shown_and_promoted_and_what_came_is_linked_again(
    config: Path,
) -> None:
    posts = with_posts(config)
    said = run(config, "events", "discover").stdout
    assert "4 posts" in said
    assert "sources: feed0 2, feed1 1, feed2 1" in said
    assert "Bridge" not in said
    assert "pizza" not in said
    [story] = json.loads(run(config, "events", "discover", "--json").stdout)
    assert story["size"] == 4
    assert set(story["typical"]) <= set(FIRE)
    assert said.startswith(story["id"])
    promoted = run(config, "events", "promote", story["id"], "--title", "Factory fire in Sidon")
    assert "1 event added" in promoted.stdout
    assert f"{len(posts)} posts are linked again" in promoted.stdout
    listed = json.loads(run(config, "events", "list", "--json").stdout)
    assert [event["title"] for event in listed][1:] == ["Factory fire in Sidon"]
    assert listed[1]["id"] == "factory-fire-in-sidon-2024-02-03"
    store = SqliteStore(config.parent / "monitor.db")
    assert len(store.pending(99, NOW)) == len(posts)
    store.close()


def test_a_story_that_is_not_there_and_an_id_that_is_are_refused(config: Path) -> None:
    with_posts(config)
    with pytest.raises(InputError, match="no story 'abcdef'"):
        run(config, "events", "promote", "abcdef")
    [story] = json.loads(run(config, "events", "discover", "--json").stdout)
    with pytest.raises(InputError, match="'bridge' is already known"):
        run(config, "events", "promote", story["id"], "--id", "bridge")
    assert run(config, "events", "discover", "--since", "soon").exit_code == 2


def test_the_number_of_a_story_stays_while_it_grows(config: Path) -> None:
    with_posts(config)
    [before] = json.loads(run(config, "events", "discover", "--json").stdout)
    store = SqliteStore(config.parent / "monitor.db")
    more = a_post("99", "Sidon: the textile factory fire is under control", published_at=NOW)
    store.record_poll(FeedState("marsad"), [more], NOW)
    [item] = store.pending(9, NOW)
    store.save_analyses([(item, Analysis(Language("en", 1.0)))])
    store.close()
    [after] = json.loads(run(config, "events", "discover", "--json").stdout)
    assert (after["size"], after["id"]) == (5, before["id"])


def test_events_are_added_and_shown_and_a_wrong_one_changes_nothing(config: Path) -> None:
    file = config.parent / "events.yaml"
    run(config, "events", "add", "ferry", "Ferry sinks", "--started-at", "2024-02-02",
        "--place", "Alexandria")  # fmt: skip
    shown = json.loads(run(config, "events", "show", "ferry").stdout)
    assert shown == {
        "id": "ferry", "title": "Ferry sinks", "started_at": "2024-02-02",
        "places": ["Alexandria"],
    }  # fmt: skip
    kept = file.read_text()
    with pytest.raises(ConfigError, match="started_at must be a date"):
        run(config, "events", "add", "x", "X", "--started-at", "yesterday")
    with pytest.raises(InputError, match="no event has the id 'y'"):
        run(config, "events", "show", "y")
    assert file.read_text() == kept


def test_an_import_names_bad_rows_and_takes_the_rest(config: Path) -> None:
    table = config.parent / "acled.csv"
    table.write_text(
        "event_id_cnty,event_date,event_type,location,country\n"
        "LBN1,2024-02-03,Riots,Sidon,Lebanon\nLBN2,never,Riots,Tyre,Lebanon\n"
    )
    ended = run(config, "events", "import", str(table))
    assert ended.exit_code == 0
    assert "acled.csv:3: date 'never' is in no known form" in ended.stderr
    assert "1 event added" in ended.stdout
    again = run(config, "events", "import", str(table))
    assert "LBN1 is already known" in again.stderr
    with pytest.raises(InputError, match="No such file"):
        run(config, "events", "import", "missing.csv")


LINKING = {
    "posts", "events", "accuracy_at_1", "mrr", "precision", "recall", "f1", "nil_auc", "nil_f1",
    "ece", "per_language", "posts_per_second",
}  # fmt: skip
DISCOVERY = {"best_match_f1", "ami", "ari", "bcubed_f1", "clusters", "posts_per_second"}


def evaluate(*args: str) -> Result:
    return CliRunner().invoke(cli, ["evaluate", *args], catch_exceptions=False)


def labelled(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return str(path)


def test_evaluate_gives_the_promised_numbers(tmp_path: Path) -> None:
    events = labelled(tmp_path / "e.jsonl", [{"id": "bridge", "title": "Bridge collapse in Basra"}])
    rows = [
        {"text": "The Basra bridge collapse", "event_id": "bridge", "published_at": "2024-02-03"},
        {"text": "best pizza in town", "event_id": "NIL", "published_at": "2024-02-03"},
        {"text": "Bridge down in Basra", "event_id": "bridge", "published_at": "2024-02-04"},
    ]
    posts = labelled(tmp_path / "p.jsonl", rows)
    found = json.loads(evaluate("linking", "--events", events, "--posts", posts, "--json").stdout)
    assert found.keys() >= LINKING
    assert (found["posts"], found["events"], found["accuracy_at_1"]) == (3, 1, 1.0)
    found = json.loads(evaluate("discovery", "--posts", posts, "--json").stdout)
    assert found.keys() >= DISCOVERY


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "no label"}, 'needs "text" and "event_id"'),
        ({"text": 7, "event_id": "a"}, 'needs "text" and "event_id"'),
        ({"text": "a", "event_id": "a"}, "has no published_at"),
        ({"text": "a", "event_id": "a", "published_at": "once"}, "no ISO 8601 time"),
        ({"text": "a", "event_id": "a", "published_at": [1]}, "no ISO 8601 time"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    good = {"text": "a", "event_id": "NIL", "published_at": "2024-02-03"}
    events = labelled(tmp_path / "e.jsonl", [{"id": "a", "title": "A"}])
    posts = labelled(tmp_path / "p.jsonl", [good, row])
    with pytest.raises(InputError) as caught:
        evaluate("linking", "--events", events, "--posts", posts)
    assert f"{posts}:2: " in str(caught.value)
    assert said in str(caught.value)

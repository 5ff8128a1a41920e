"""The shipped benchmark is what its data card says."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from monitor.link import load_events

CORPUS = Path(__file__).parents[2] / "benchmarks" / "corpus"


def posts() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CORPUS / "posts.jsonl").read_text("utf-8").splitlines()]


def test_every_post_is_about_an_event_of_the_list_or_none_and_they_stand_by_time() -> None:
    ids = {event.id for event in load_events([CORPUS / "events.jsonl"])}
    rows = posts()
    assert {row["event_id"] for row in rows} <= {*ids, "NIL"}
    assert len({row["id"] for row in rows}) == len(rows)
    times = [row["published_at"] for row in rows]
    assert times == sorted(times)
    assert all(row["text"].strip() for row in rows)
    assert all(row.get("english") for row in rows if row["lang"] != "en")


def test_the_numbers_of_the_data_card_are_those_of_the_data() -> None:
    card = (CORPUS / "README.md").read_text("utf-8")
    rows = posts()
    dialects = Counter(row["dialect"] for row in rows if row.get("dialect"))
    arabizi = dialects.pop("arabizi")
    languages = Counter(row["lang"] for row in rows)
    said = [
        f"{len(load_events([CORPUS / 'events.jsonl']))} real events",
        f"{len(rows):,} posts in order of time",
        f"{languages['ar']:,} posts are Arabic ({sum(dialects.values())} of them in dialect",
        f"{arabizi} more in Arabizi",
        f"{languages['fr']:,} French, {languages['en']:,} English",
        f"{sum(row['event_id'] == 'NIL' for row in rows)} are about none of the events",
        *(f"{count} {name.capitalize()}" for name, count in dialects.items()),
    ]
    text = " ".join(card.split())
    assert [phrase for phrase in said if phrase not in text] == []

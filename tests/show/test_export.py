"""Exports stream, keep their order, and are harmless in whatever program opens them."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.model import LinkedPost
from monitor.show.export import COLUMNS, FORMATS, defused, export, write_whole
from monitor.show.when import instant
from tests.show.samples import ARABIC, NOON, STRIKES, linked, plain, post

POSTS = [linked(1), plain(2), linked(3)]


def text(form: str, posts: list[LinkedPost] = POSTS) -> str:
    return "".join(export(form, posts))


def test_jsonl_is_one_object_a_line_in_the_order_given() -> None:
    ids = [json.loads(line)["post"]["id"] for line in text("jsonl").splitlines()]
    assert ids == ["x:1", "web:2", "x:3"]


@pytest.mark.parametrize("posts", [POSTS, []], ids=["posts", "nothing"])
def test_json_is_one_array(posts: list[LinkedPost]) -> None:
    assert len(json.loads(text("json", posts))) == len(posts)


def test_csv_has_one_row_per_link_and_a_row_for_posts_without() -> None:
    rows = list(csv.DictReader(io.StringIO(text("csv"))))
    assert [row["event_id"] for row in rows] == [STRIKES, "", STRIKES]
    assert rows[0]["text"] == ARABIC
    assert list(rows[0]) == COLUMNS


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(cell: str) -> None:
    assert defused(cell) == "'" + cell
    row = next(csv.DictReader(io.StringIO(text("csv", [plain(1, cell)]))))
    assert row["text"].startswith("'")


def test_geojson_has_one_point_per_place_longitude_first() -> None:
    document = json.loads(text("geojson"))
    assert document["type"] == "FeatureCollection"
    assert [f["geometry"]["coordinates"] for f in document["features"]] == [[41.08, 34.37]] * 2
    assert document["features"][0]["properties"]["event_id"] == STRIKES


def test_rss_is_well_formed_whatever_a_post_holds() -> None:
    hostile = plain(1, "<script>]]>&\x0b\x1b\ufffe\ud800 \u202e")
    root = ET.fromstring(text("rss", [hostile, linked(2)]))
    items = root.findall("channel/item")
    assert [item.findtext("guid") for item in items] == ["web:1", "x:2"]
    assert "<script>" not in (items[0].findtext("description") or "")
    assert items[1].findtext("pubDate") == "Sat, 03 Feb 2024 11:56:00 +0000"


def test_json_feed_items_carry_the_whole_linked_post() -> None:
    document = json.loads(text("jsonfeed"))
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["items"][0]["_monitor"]["schema"] == "monitor.linked-post/1"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_asks_for_one_post_at_a_time(form: str) -> None:
    """A million posts in constant memory: nothing is collected before it is written."""
    asked = 0

    def posts() -> Iterator[LinkedPost]:
        nonlocal asked
        for number in range(100):
            asked += 1
            yield linked(number)

    pieces = export(form, posts())
    for _ in range(10):
        next(pieces)
    assert asked <= 12


def test_a_half_written_file_never_replaces_a_good_one(tmp_path: Path) -> None:
    good = tmp_path / "links.json"
    good.write_text("good")

    def pieces() -> Iterator[str]:
        yield "half"
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        write_whole(good, pieces())
    assert good.read_text() == "good"
    assert [each.name for each in tmp_path.iterdir()] == ["links.json"]


def test_a_written_file_is_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_whole(path, ["a\r\n", "b"])
    assert path.read_bytes() == b"a\r\nb"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written: No such file"):
        write_whole(tmp_path / "none" / "x", ["a"])


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2h", NOON - timedelta(hours=2)),
        ("3 days ago", NOON - timedelta(days=3)),
        ("90 min", NOON - timedelta(minutes=90)),
        ("1w", NOON - timedelta(weeks=1)),
        ("today", datetime(2024, 2, 3, tzinfo=UTC)),
        ("Yesterday", datetime(2024, 2, 2, tzinfo=UTC)),
        ("2024-02-01", datetime(2024, 2, 1, tzinfo=UTC)),
        ("2024-02-01T10:00+03:00", datetime(2024, 2, 1, 7, tzinfo=UTC)),
    ],
)
def test_times_are_understood_as_people_type_them(said: str, meant: datetime) -> None:
    assert instant(said, NOON) == meant


@pytest.mark.parametrize("said", ["soon", "", "999999w", "2024-13-01", "h2"])
def test_a_time_nobody_understands_is_an_error_with_examples(said: str) -> None:
    with pytest.raises(InputError, match="2h, 3d, yesterday"):
        instant(said, NOON)


def test_a_post_with_no_publication_time_is_still_dated_in_feeds() -> None:
    lp = replace(plain(1), post=post(published_at=None))
    assert (
        json.loads(text("jsonfeed", [lp]))["items"][0]["date_published"] == "2024-02-03T12:00:00Z"
    )

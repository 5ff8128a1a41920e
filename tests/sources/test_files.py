"""Files of posts: our own JSON, and the exports people bring."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import InputError
from monitor.model import FeedState
from monitor.sources import Poll
from tests.sources.support import World


def polled(
    path: Path, content: str | bytes, state: FeedState | None = None, **options: Any
) -> Poll:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return World({}).poll("file", state, path=str(path), **options)


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_plain_jsonl(tmp_path: Path) -> None:
    row = {"id": "p1", "lang": "ar", "text": "نص", "published_at": "2022-01-10T14:00:00Z"}
    (post,) = polled(tmp_path / "p.jsonl", lines(row)).posts
    assert (post.id, post.text, post.language_tag) == ("file:test/p1", "نص", "ar")
    assert post.published_at == datetime(2022, 1, 10, 14, 0, tzinfo=UTC)


def test_the_monitors_own_export_comes_back_with_its_ids(tmp_path: Path) -> None:
    own = {
        "schema": "monitor.linked-post/1",
        "post": {
            "id": "telegram:almayadeen/7",
            "platform": "telegram",
            "text": "نص",
            "title": None,
            "author": {"name": "الميادين", "handle": "@almayadeen"},
            "published_at": "2024-02-02T22:00:00Z",
        },
        "links": [],
    }
    (post,) = polled(tmp_path / "links.jsonl", lines(own)).posts
    assert post.id == "telegram:almayadeen/7"
    assert (post.author.name, post.author.handle) == ("الميادين", "@almayadeen")


def test_twarc_2_pages_and_their_users(tmp_path: Path) -> None:
    tweet = {
        "id": "1753552223372177870",
        "author_id": "5",
        "text": "Frappes à la frontière",
        "created_at": "2024-02-02T22:53:24.000Z",
        "lang": "fr",
        "public_metrics": {"retweet_count": 3, "reply_count": 1, "like_count": 9},
    }
    page = {
        "data": [tweet, {**tweet, "id": "1753552223372177871"}],
        "includes": {"users": [{"id": "5", "name": "Le Desk", "username": "desk"}]},
        "meta": {"result_count": 2},
    }
    first, second = polled(tmp_path / "twarc.jsonl", lines(page)).posts
    assert (first.id, second.id) == ("x:1753552223372177870", "x:1753552223372177871")
    assert (first.author.name, first.author.handle) == ("Le Desk", "@desk")
    assert first.metrics == {"likes": 9, "reposts": 3, "replies": 1}


def test_twarc_1_statuses(tmp_path: Path) -> None:
    status = {
        "id": 1753552223372177870,
        "id_str": "1753552223372177870",
        "created_at": "Fri Feb 02 22:53:24 +0000 2024",
        "full_text": "Strikes near al-Qaim",
        "lang": "en",
        "in_reply_to_status_id_str": "1753552223372170000",
        "user": {"name": "Desk", "screen_name": "desk"},
        "retweet_count": 3,
        "favorite_count": 4,
    }
    (post,) = polled(tmp_path / "t.jsonl", lines(status)).posts
    assert post.id == "x:1753552223372177870"
    assert post.published_at == datetime(2024, 2, 2, 22, 53, 24, tzinfo=UTC)
    assert post.reply_to == "x:1753552223372170000"
    assert (post.author.handle, post.metrics) == ("@desk", {"likes": 4, "reposts": 3})


def test_4cat_csv_with_line_breaks_in_its_cells(tmp_path: Path) -> None:
    table = (
        "id,thread_id,author,author_fullname,body,timestamp,unix_timestamp,url\n"
        '7,7,almayadeen,قناة الميادين,"سطر أول\nسطر ثان",2024-02-02 22:00:00,1706911200,'
        "https://t.me/almayadeen/7\n"
        "8,7,almayadeen,قناة الميادين,ثالث,2024-02-02 22:05:00,1706911500,\n"
    )
    first, second = polled(tmp_path / "4cat.csv", table, platform="telegram").posts
    assert (first.id, first.text) == ("telegram:almayadeen/7", "سطر أول\nسطر ثان")
    assert (first.author.name, first.author.handle) == ("قناة الميادين", "@almayadeen")
    assert first.published_at == datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
    assert second.id == "telegram:8"


def test_json_arrays_semicolons_tabs_and_unix_times(tmp_path: Path) -> None:
    rows = [{"id": 1, "text": "un", "timestamp": 1706911200}]
    (post,) = polled(tmp_path / "a.json", json.dumps(rows, indent=1)).posts
    assert post.published_at == datetime(2024, 2, 2, 22, 0, tzinfo=UTC)
    assert polled(tmp_path / "b.csv", "id;text\n1;un, deux\n").posts[0].text == "un, deux"
    assert polled(tmp_path / "c.tsv", "id\ttext\n1\tun, deux\n").posts[0].text == "un, deux"


def test_a_table_from_excel_in_arabic_is_read(tmp_path: Path) -> None:
    table = "id,text\n1,انفجارات في مدينة القائم\n"
    for encoding in ("cp1256", "utf-8-sig"):
        assert (
            polled(tmp_path / "x.csv", table.encode(encoding)).posts[0].text.startswith("انفجارات")
        )


def test_a_bad_row_is_named_by_file_and_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    content = (
        lines({"id": 1, "text": "un"})
        + '{"id": 2,\n\n[1]\n{"id": 3}\n'
        + lines({"id": 4, "text": "quatre"})
    )
    poll = polled(path, content)
    assert [post.text for post in poll.posts] == ["un", "quatre"]
    named = [warning.removeprefix(f"{path}:").partition(":")[0] for warning in poll.warnings]
    assert named == ["2", "4", "5"]


def test_a_bad_csv_row_is_named_by_the_line_it_starts_on(tmp_path: Path) -> None:
    table = 'id,text\n1,"a\nb"\n2,x,too,many\n3,c\n'
    poll = polled(tmp_path / "p.csv", table)
    assert [post.text for post in poll.posts] == ["a\nb", "c"]
    assert "p.csv:4: 4 values for 2 columns" in poll.warnings[0]


def test_a_row_without_an_id_is_recognised_by_its_words(tmp_path: Path) -> None:
    row = lines({"text": "sans id"})
    first = polled(tmp_path / "a.jsonl", row).posts[0].id
    assert polled(tmp_path / "b.jsonl", row).posts[0].id == first


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    poll = polled(path, lines({"id": 1, "text": "un"}))
    state = FeedState("test", cursor=poll.state.cursor, last_ok_at=datetime(2024, 2, 1, tzinfo=UTC))
    assert World({}).poll("file", state, path=str(path)).not_modified
    grown = polled(path, lines({"id": 1, "text": "un"}, {"id": 2, "text": "deux"}), state)
    assert len(grown.posts) == 2


def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = io.TextIOWrapper(io.BytesIO(lines({"id": 1, "text": "un"}).encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    poll = World({}).poll("file", path="-")
    assert [post.text for post in poll.posts] == ["un"]


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\.jsonl: No such file"):
        World({}).poll("file", path=str(tmp_path / "nothing.jsonl"))


def test_backfill_leaves_out_what_is_older(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"id": n, "text": str(n), "date": f"2024-02-0{n}"} for n in (1, 2, 3)]
    path.write_text(lines(*rows))
    pages = World({}).backfill("file", datetime(2024, 2, 2, tzinfo=UTC), path=str(path))
    assert [post.text for poll in pages for post in poll.posts] == ["2", "3"]

"""Rows of files people have: JSONL, JSON arrays and CSV from several tools, into posts.

Recognised by their columns: this program's own ``monitor.linked-post/1``; X API v2 as twarc2 writes
it (pages with ``data`` and ``includes``, or flattened) and v1.1 (twarc 1); 4CAT and Zeeschuimer
(``id, thread_id, author, body, timestamp``); and plain columns under their usual names.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from monitor.model import Author, Post
from monitor.sources import dates, embeds, ids
from monitor.sources.charsets import decode
from monitor.sources.jsonapi import items, mapping, text
from monitor.sources.urls import web_url

# Field → the names that tools give it, the first that holds something counts.
_NAMES: Mapping[str, tuple[str, ...]] = {
    field: tuple(names.split())
    for field, names in {
        "id": "id id_str tweet_id post_id external_id message_id uid",
        "text": "text full_text body content message post_text caption",
        "title": "title subject headline",
        "date": "published_at created_at timestamp date time datetime created_utc unix_timestamp"
        " timestamp_utc local_time posted_at published",
        "author": "author_fullname author_name author.name display_name user_name author",
        "handle": "author.username handle screen_name user_screen_name username author_username"
        " author_handle from_user author",
        "url": "url link permalink post_url tweet_url",
        "language": "lang language language_tag",
        "platform": "platform source_platform collected_from_platform",
        "reply": "reply_to in_reply_to in_reply_to_status_id_str to_tweetid",
    }.items()
}
_COUNTS = {
    "likes": ("like_count", "favorite_count", "likes", "score", "public_metrics.like_count"),
    "reposts": ("retweet_count", "repost_count", "shares", "public_metrics.retweet_count"),
    "replies": ("reply_count", "num_comments", "comments", "public_metrics.reply_count"),
    "views": ("view_count", "views", "impression_count", "public_metrics.impression_count"),
}


class FileFormat(Protocol):
    """What the reader wants to know about a file (``FileOptions`` of the kind)."""

    @property
    def format(self) -> str: ...

    @property
    def platform(self) -> str | None: ...


def read(
    file: BinaryIO, *, name: str, source: str, now: datetime, options: FileFormat
) -> Iterator[Post | str]:
    """Posts, and in their place a sentence ``name:line: what is wrong`` for rows that are none."""
    head = file.readline()
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    kind = _format(name, first, options.format)
    if kind == "json":
        rows = _json_rows(head + file.read())
    elif kind == "jsonl":
        rows = _jsonl_rows(_lines(head, file))
    else:
        rows = _csv_rows(_lines(head, file), tab=kind == "tsv")
    for line, row in rows:
        if isinstance(row, str):
            yield f"{name}:{line}: {row}"
            continue
        for flat in _unpacked(row):
            post = _post(flat, source, now, options.platform)
            if post is None:
                yield f"{name}:{line}: the row has no text (looked for {', '.join(_NAMES['text'])})"
            else:
                yield post


def _format(name: str, first: bytes, asked: str) -> str:
    if asked != "auto":
        return asked
    suffix = name.lower().rpartition(".")[2]
    if suffix in ("csv", "tsv"):
        return suffix
    if first == b"[":
        return "json"
    if suffix in ("jsonl", "ndjson", "json") or first == b"{":
        return "jsonl"
    return "csv"


_Row = tuple[int, Mapping[str, Any] | str]


def _lines(head: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    if head:
        yield head.removeprefix(b"\xef\xbb\xbf")
    yield from rest


def _json_rows(body: bytes) -> Iterator[_Row]:
    try:
        rows = json.loads(decode(body).text)
    except ValueError as error:
        yield getattr(error, "lineno", 1), f"not valid JSON: {error}"
        return
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], 1):
        yield number, row if isinstance(row, dict) else "not an object"


def _jsonl_rows(lines: Iterable[bytes]) -> Iterator[_Row]:
    for number, raw in enumerate(lines, 1):
        line = decode(raw.strip()).text
        if not line:
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            yield number, f"not valid JSON: {error}"
            continue
        yield number, row if isinstance(row, dict) else "not an object"


def _csv_rows(lines: Iterable[bytes], *, tab: bool) -> Iterator[_Row]:
    csv.field_size_limit(16 * 1024 * 1024)
    decoded = (decode(line).text.replace("\0", "") for line in lines)
    header = next(decoded, "")
    delimiter = (
        "\t" if tab or "\t" in header else ";" if header.count(";") > header.count(",") else ","
    )
    columns = next(csv.reader(io.StringIO(header), delimiter=delimiter), [])
    reader = csv.reader(decoded, delimiter=delimiter)
    start = 2
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, f"not valid CSV: {error}"
            start = reader.line_num + 2
            continue
        if values:
            if len(values) > len(columns):
                yield start, f"{len(values)} values for {len(columns)} columns"
            else:
                yield start, dict(zip(columns, values, strict=False))
        start = reader.line_num + 2


def _unpacked(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The posts of a row: itself, or every post of a page of API answers."""
    if "data" in row and isinstance(row["data"], dict | list):
        people = {u.get("id"): u for u in items(mapping(row.get("includes")).get("users"))}
        pages = items(row["data"]) if isinstance(row["data"], list) else [mapping(row["data"])]
        return [{**t, "author": people.get(t.get("author_id"), {}), "platform": "x"} for t in pages]
    if row.get("schema") == "monitor.linked-post/1":
        return [mapping(row.get("post"))]
    return [row]


def _post(row: Mapping[str, Any], source: str, now: datetime, platform: str | None) -> Post | None:
    body, title = _field(row, "text"), _field(row, "title")
    if body is None and title is None:
        return None
    user = mapping(row.get("user")) or mapping(row.get("author"))
    name = text(user.get("name")) or _field(row, "author")
    handle = text(user.get("screen_name") or user.get("username") or user.get("handle"))
    handle = handle or _field(row, "handle")
    url = web_url(_field(row, "url"))
    named = embeds.reference(url)
    of = (
        _field(row, "platform")
        or (named.platform if named else None)
        or ("x" if _is_tweet(row) else None)
        or platform
        or "file"
    )
    of = {"twitter": "x"}.get(of.lower(), of.lower())
    known = _field(row, "id")
    if named is not None and named.platform == of:
        known = named.external_id
    known = (known or "").removeprefix(f"{of}:") or _digest(body or "", title or "", handle or "")
    written = _field(row, "date")
    date = dates.parse(written, _field(row, "language")) or _epoch(written)
    if date is None and of == "x":
        date = ids.x_time(known)
    settled = dates.settled(date, now)
    reply = _field(row, "reply")
    return Post(
        platform=of,
        external_id=known if of != "file" else f"{source}/{known}",
        source=source,
        text=body or "",
        title=title,
        collected_at=now,
        url=url,
        author=Author(name, f"@{handle.lstrip('@')}" if handle else None),
        published_at=settled,
        published_raw=written if settled is None or settled != date else None,
        language_tag=_field(row, "language"),
        reply_to=f"{of}:{reply}" if reply and reply != known else None,
        metrics=_metrics(row),
    )


def _is_tweet(row: Mapping[str, Any]) -> bool:
    return any(
        key in row for key in ("tweet_id", "retweet_count", "in_reply_to_status_id_str")
    ) or ("author_id" in row and "public_metrics" in row)


def _field(row: Mapping[str, Any], field: str) -> str | None:
    for name in _NAMES[field]:
        found = text(row.get(name))
        if found is not None and found.strip():
            return found.strip()
    return None


def _epoch(written: str | None) -> datetime | None:
    digits = (written or "").replace(".", "", 1)
    return dates.from_epoch(written) if digits.isdecimal() and len(digits) >= 9 else None


def _metrics(row: Mapping[str, Any]) -> dict[str, int]:
    flat = {
        **row,
        **{f"public_metrics.{k}": v for k, v in mapping(row.get("public_metrics")).items()},
    }
    found = {}
    for metric, names in _COUNTS.items():
        for name in names:
            number = text(flat.get(name))
            if number is not None and number.isdecimal():
                found[metric] = int(number)
                break
    return found


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]

"""Event databases as CSV or JSON. Columns tell which one it is.

ACLED: ``event_id_cnty, event_date, event_type, sub_event_type, actor1, location, country, notes``
(ACLED codebook). GDELT 2.0 events: ``GLOBALEVENTID, SQLDATE, Actor1Name, ActionGeo_FullName,
SOURCEURL`` (GDELT event codebook V2.0). ReliefWeb: ``data[].fields.{title|name, date, country}``
(ReliefWeb API v1/v2).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from monitor.errors import InputError, Problem
from monitor.link.events_file import read_event
from monitor.model import Event

Row = Mapping[str, Any]
MAX_BYTES = 256 * 1024 * 1024


def read_table(data: bytes, name: str) -> tuple[list[Event], list[str]]:
    """The events of a file ``name``, and one warning for each row that could not be used.

    Raises :class:`InputError` where the file is not CSV or JSON with known columns.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: is larger than {MAX_BYTES // 2**20} MB; split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not UTF-8 text ({error.reason})") from None
    rows = _json_rows(text, name) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text, name)
    events: list[Event] = []
    warnings: list[str] = []
    seen: set[str] = set()
    for number, row in rows:
        keys = {key.casefold(): value for key, value in row.items() if key}
        try:
            value = _shape(keys, name)(keys)
        except ValueError as error:
            warnings.append(f"{name}: row {number}: {error}")
            continue
        problems: list[Problem] = []
        event = read_event(value, name, number, {}, problems)
        if event is None:
            warnings += [str(problem) for problem in problems]
        elif event.id not in seen:  # GDELT repeats an event for each mention
            seen.add(event.id)
            events.append(event)
    return events, warnings


def _csv_rows(text: str, name: str) -> list[tuple[int, Row]]:
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(2**24)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{name}: is not CSV: {error}") from None


def _json_rows(text: str, name: str) -> list[tuple[int, Row]]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        try:
            value = [json.loads(line) for line in text.split("\n") if line.strip()]
        except json.JSONDecodeError:
            raise InputError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
    except RecursionError:
        raise InputError(f"{name}: is nested too deeply") from None
    if isinstance(value, dict):
        value = next((value[key] for key in ("data", "events", "results") if key in value), [value])
    if not isinstance(value, list):
        raise InputError(f"{name}: holds no list of events")
    return [(n, row) for n, row in enumerate(value, 1) if isinstance(row, dict)]


def _shape(row: Row, name: str) -> Callable[[Row], dict[str, Any]]:
    if "event_id_cnty" in row or {"event_date", "event_type"} <= row.keys():
        return _acled
    if "globaleventid" in row:
        return _gdelt
    if "fields" in row and isinstance(row["fields"], dict):
        return _reliefweb
    if {"id", "title"} <= row.keys():
        return _own
    known = "ACLED (event_id_cnty), GDELT (GLOBALEVENTID), ReliefWeb (fields), or id and title"
    raise InputError(f"{name}: unknown columns {', '.join(list(row)[:6])}; known are {known}")


def _text(row: Row, *keys: str) -> str:
    return next((str(row[key]).strip() for key in keys if row.get(key)), "")


def _texts(row: Row, *keys: str) -> list[str]:
    return list(dict.fromkeys(text for key in keys if (text := _text(row, key))))


def _day(text: str) -> str:
    for form in ("%Y-%m-%d", "%Y%m%d", "%d %B %Y", "%d-%B-%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  a day, no time
        except ValueError:
            continue
    raise ValueError(f"date {text!r:.40} is in no known form")


def _acled(row: Row) -> dict[str, Any]:
    kind = _text(row, "sub_event_type", "event_type")
    place = _text(row, "location", "admin1", "country")
    day = _day(_text(row, "event_date"))
    actors = _texts(row, "actor1", "actor2", "assoc_actor_1", "assoc_actor_2")
    return {
        "id": _text(row, "event_id_cnty", "data_id") or f"{day}-{place}-{kind}",
        "title": f"{kind} in {place}" if place else kind,
        "summary": _text(row, "notes"),
        "started_at": day,
        "places": _texts(row, "location", "admin2", "admin1", "country"),
        "actors": actors,
        "sources": _texts(row, "source"),
    }


def _gdelt(row: Row) -> dict[str, Any]:
    actors = [name.title() for name in _texts(row, "actor1name", "actor2name")]
    place = _text(row, "actiongeo_fullname")
    title = " – ".join(actors) or f"Event {_text(row, 'eventcode')}"
    return {
        "id": f"gdelt-{_text(row, 'globaleventid')}",
        "title": f"{title} in {place}" if place else title,
        "started_at": _day(_text(row, "sqldate", "day")),
        "places": [part.strip() for part in place.split(",") if part.strip()],
        "actors": actors,
        "sources": _texts(row, "sourceurl"),
    }


def _reliefweb(row: Row) -> dict[str, Any]:
    fields = {str(key).casefold(): value for key, value in row["fields"].items()}
    date = fields.get("date") or {}
    given = date if isinstance(date, dict) else {"event": str(date)}
    when = _text(given, "event", "original", "created")
    countries = fields.get("country") or []
    countries = countries if isinstance(countries, list) else [countries]
    body = _text(fields, "body", "description")
    return {
        "id": f"reliefweb-{_text(row, 'id') or _text(fields, 'id', 'glide')}",
        "title": _text(fields, "title", "name"),
        "text": body,
        "started_at": when[:10] or None,
        "places": [str(c.get("name", "")) if isinstance(c, dict) else str(c) for c in countries],
        "aliases": _texts(fields, "glide"),
        "sources": _texts(fields, "url_alias", "url") or _texts(row, "href"),
    }


def _own(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {key: v for key, v in row.items() if v not in (None, "")}
    for key in ("places", "actors", "aliases", "sources"):
        if isinstance(value.get(key), str):
            value[key] = [part.strip() for part in value[key].split(";")]
    return value

"""Event databases as CSV or JSON. Columns tell which one it is.

ACLED: ``event_id_cnty, event_date, time_precision, event_type, sub_event_type, actor1,
assoc_actor_1, location, admin1, country, notes, …`` as its export and API give them (ACLED
codebook). GDELT events: ``GLOBALEVENTID, SQLDATE, Actor1Name, EventRootCode, ActionGeo_FullName,
SOURCEURL, …``, or the files as GDELT publishes them: tabs, no header, 61 columns (2.0) or 58 (1.0)
(GDELT event codebook V2.0). ReliefWeb: ``data[].fields.{name|title, date, country, …}`` of its
disasters and reports (ReliefWeb API v1 and v2).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from monitor.errors import InputError, Problem
from monitor.link.events_file import read_event
from monitor.link.importers.codes import CAMEO_ROOTS, gdelt_columns
from monitor.model import Event

Row = Mapping[str, Any]
MAX_BYTES = 256 * 1024 * 1024
# What ACLED calls people without a name of their own.
_NOBODY = ("civilians (", "protesters (", "rioters (", "unidentified ", "labor group (")
# ACLED's time_precision → days that the date may be off to either side.
_PRECISION = {"2": 3, "3": 15}


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
    warnings: list[str] = []
    rows = _json_rows if text.lstrip()[:1] in ("{", "[") else _csv_rows
    events: dict[str, Event] = {}
    unknown: list[str] = []
    for line, row in rows(text.replace("\0", ""), name, warnings):
        keys = {key.casefold().strip(): value for key, value in row.items() if key}
        shape = _shape(keys)
        if shape is None:
            unknown.append(f"{name}:{line}: unknown columns {', '.join(list(keys)[:6])[:200]}")
            continue
        problems: list[Problem] = []
        try:
            event = read_event(shape(keys), name, line, {}, problems)
        except ValueError as error:
            warnings.append(f"{name}:{line}: {error}")
            continue
        warnings += map(str, problems)
        if event is not None:
            events.setdefault(event.id, event)  # GDELT repeats an event for each mention
    if unknown and not events and not warnings:
        known = "ACLED (event_id_cnty), GDELT (GLOBALEVENTID), ReliefWeb (fields), or id and title"
        raise InputError(f"{unknown[0]}; known are {known}")
    if not events and not warnings:
        raise InputError(f"{name}: holds no events")
    return list(events.values()), warnings + unknown


def _csv_rows(text: str, name: str, warnings: list[str]) -> Iterator[tuple[int, Row]]:
    first = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(2**24)
    plain = delimiter == "\t"  # in GDELT's files a quotation mark is only a character
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL,
        strict=not plain,
    )
    columns: list[str] | None = None
    begins = 1
    try:
        for row in reader:
            line, begins = begins, reader.line_num + 1
            if columns is None:
                columns = gdelt_columns(row)
                if columns is None:
                    columns = row
                    continue
            if any(row):
                yield line, dict(zip(columns, row, strict=False))
    except csv.Error as error:
        if columns is None:
            raise InputError(f"{name}:1: is not CSV: {error}") from None
        warnings.append(f"{name}:{begins}: is not CSV from here on: {error}")


def _json_rows(text: str, name: str, warnings: list[str]) -> Iterator[tuple[int, Row]]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg != "Extra data":
            raise InputError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
        yield from _json_lines(text, name, warnings)
        return
    except (RecursionError, ValueError) as error:
        raise InputError(f"{name}: holds what cannot be read: {error}") from None
    if isinstance(value, dict):
        value = next((value[key] for key in ("data", "events", "results") if key in value), [value])
    if not isinstance(value, list):
        raise InputError(f"{name}: holds no list of events")
    for number, row in enumerate(value, 1):
        if isinstance(row, dict):
            yield number, row
        else:
            warnings.append(f"{name}: entry {number} is no event: {row!r:.60}")


def _json_lines(text: str, name: str, warnings: list[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            warnings.append(f"{name}:{number}: is not JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            warnings.append(f"{name}:{number}: is no event: {row!r:.60}")


def _shape(row: Row) -> Callable[[Row], dict[str, Any]] | None:
    if "event_id_cnty" in row or {"event_date", "event_type"} <= row.keys():
        return _acled
    if "globaleventid" in row:
        return _gdelt
    if isinstance(row.get("fields"), dict):
        return _reliefweb
    return _own if {"id", "title"} <= row.keys() else None


def _text(row: Row, *keys: str) -> str:
    """The first of these columns that holds something."""
    return next((str(row[key]).strip() for key in keys if row.get(key)), "")


def _texts(row: Row, *keys: str) -> list[str]:
    return list(dict.fromkeys(text for key in keys if (text := _text(row, key))))


def _day(text: str) -> date:
    for form in ("%Y-%m-%d", "%Y%m%d", "%d %B %Y", "%d-%B-%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day, no time
        except ValueError:
            continue
    raise ValueError(f"date {text!r:.40} is in no known form")


def _acled(row: Row) -> dict[str, Any]:
    kind = _text(row, "sub_event_type", "event_type")
    place = _text(row, "location", "admin1", "country")
    day = _day(_text(row, "event_date")[:30])
    off = timedelta(days=_PRECISION.get(_text(row, "time_precision"), 0))
    named = [
        actor.partition("(")[0].strip()  # "Military Forces of Iraq (2022-)"
        for text in _texts(row, "actor1", "assoc_actor_1", "actor2", "assoc_actor_2")
        for actor in text.split(";")
        if not actor.strip().casefold().startswith(_NOBODY)
    ]
    return {
        "id": _text(row, "event_id_cnty", "data_id") or f"{day}-{place}-{kind}",
        "title": f"{kind} in {place}" if place and kind else kind or place,
        "summary": _text(row, "notes"),
        "started_at": (day - off).isoformat(),
        "ended_at": (day + off).isoformat(),
        "places": _texts(row, "location", "admin2", "admin1", "country"),
        "actors": list(dict.fromkeys(filter(None, named))),
        "sources": [s.strip() for s in _text(row, "source").split(";") if s.strip()],
    }


def _gdelt(row: Row) -> dict[str, Any]:
    actors = [name.title() for name in _texts(row, "actor1name", "actor2name")]
    place = _text(row, "actiongeo_fullname")
    code = _text(row, "eventrootcode") or _text(row, "eventcode")[:2]
    kind = CAMEO_ROOTS.get(code.zfill(2), f"event {code}" if code else "event")
    title = f"{' – '.join(actors)}: {kind}" if actors else kind.capitalize()
    return {
        "id": f"gdelt-{_text(row, 'globaleventid')}",
        "title": f"{title} in {place}" if place else title,
        "started_at": _day(_text(row, "sqldate", "day")).isoformat(),
        "places": [part.strip() for part in place.split(",") if part.strip()],
        "actors": actors,
        "sources": _texts(row, "sourceurl"),
    }


def _reliefweb(row: Row) -> dict[str, Any]:
    fields = {str(key).casefold(): value for key, value in row["fields"].items()}
    given = fields.get("date") or {}
    given = given if isinstance(given, dict) else {"event": given}
    when = _text(given, "event", "original", "created")
    countries = [*_names(fields.get("primary_country")), *_names(fields.get("country"))]
    return {
        "id": f"reliefweb-{_text(row, 'id') or _text(fields, 'id', 'glide')}",
        "title": _text(fields, "title", "name"),
        "text": _text(fields, "body", "description"),
        "started_at": when[:10] or None,
        "places": list(dict.fromkeys(countries)),
        "aliases": _texts(fields, "glide"),
        "sources": _texts(fields, "url_alias", "url") or _texts(row, "href"),
    }


def _names(value: Any) -> list[str]:
    """The names in one or several ``{"name": …}``."""
    items = value if isinstance(value, list) else [value]
    found = [item.get("name") if isinstance(item, dict) else item for item in items]
    return [str(name).strip() for name in found if name]


def _own(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {key: v for key, v in row.items() if v not in (None, "")}
    for key in ("places", "actors", "aliases", "sources"):
        if isinstance(value.get(key), str):
            value[key] = [part.strip() for part in value[key].split(";")]
    return value

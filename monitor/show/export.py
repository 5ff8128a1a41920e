"""Linked posts in the formats of other programs, as a stream of text.

Every function takes posts one by one and gives pieces of text, so that a million posts need no more
memory than one. The order is the order in which the posts come.
"""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from monitor.errors import InputError
from monitor.model import Link, LinkedPost
from monitor.show.json import dumps, linked_post, moment
from monitor.show.text import cut, safe, safe_line
from monitor.show.view import percent, translated

COLUMNS = [
    "post_id",
    "published_at",
    "source",
    "platform",
    "language",
    "author",
    "handle",
    "url",
    "text",
    "translation",
    "link_id",
    "event_id",
    "event",
    "probability",
    "status",
    "explanation",
    "places",
    "warnings",
    "duplicates",
    "draft",
]
# A spreadsheet runs a cell that begins so as a formula (OWASP, CSV injection); also full-width.
_FORMULA = tuple("=+-@\t\r＝＋－＠")


def export(form: str, posts: Iterable[LinkedPost]) -> Iterator[str]:
    """``posts`` in one of :data:`FORMATS`."""
    return FORMATS[form](posts)


def as_jsonl(posts: Iterable[LinkedPost]) -> Iterator[str]:
    """One object of the design a line."""
    for lp in posts:
        yield dumps(linked_post(lp)) + "\n"


def as_json(posts: Iterable[LinkedPost]) -> Iterator[str]:
    """One array of the objects of the design."""
    yield from _array((linked_post(lp) for lp in posts), "[\n", "\n]\n")


def as_csv(posts: Iterable[LinkedPost], *, header: bool = True) -> Iterator[str]:
    """RFC 4180, one row per link; a post without links has one row. Formulas are defused by ``'``.

    Texts are cleaned of control characters; use JSON where every character counts.
    """
    line = io.StringIO()
    writer = csv.writer(line)

    def written(values: Iterable[str]) -> str:
        writer.writerow(values)
        done = line.getvalue()
        line.seek(0)
        line.truncate()
        return done

    if header:
        yield written(COLUMNS)
    for lp in posts:
        for link in lp.analysis.links or (None,):
            yield written(map(defused, _cells(lp, link)))


def as_geojson(posts: Iterable[LinkedPost]) -> Iterator[str]:
    """RFC 7946, one point per place that a post mentions; posts without places do not appear."""
    features = (feature for lp in posts for feature in _features(lp))
    yield from _array(features, '{"type": "FeatureCollection", "features": [\n', "\n]}\n")


def as_jsonfeed(posts: Iterable[LinkedPost]) -> Iterator[str]:
    """JSON Feed 1.1; the whole linked post is each item's ``_monitor``."""
    opening = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Linked posts", "items": [\n'
    )
    yield from _array(map(_feed_item, posts), opening, "\n]}\n")


def as_rss(posts: Iterable[LinkedPost]) -> Iterator[str]:
    """RSS 2.0: title is the event or the first line; description has original and translation."""
    yield (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>\n'
        "<title>Linked posts</title><link>about:blank</link>"
        "<description>Posts found by monitor, with the events they are about</description>\n"
    )
    for lp in posts:
        parts = [
            f"<title>{_xml(_title(lp))}</title>",
            f'<guid isPermaLink="false">{_xml(lp.post.id)}</guid>',
            f"<pubDate>{format_datetime(lp.post.at)}</pubDate>",
            f"<description>{_xml(escape(_body(lp)))}</description>",
        ]
        if lp.post.url:
            parts.append(f"<link>{_xml(lp.post.url)}</link>")
        parts += [f"<category>{_xml(link.title)}</category>" for link in lp.analysis.links]
        yield f"<item>{''.join(parts)}</item>\n"
    yield "</channel></rss>\n"


FORMATS: dict[str, Callable[[Iterable[LinkedPost]], Iterator[str]]] = {
    "json": as_json,
    "jsonl": as_jsonl,
    "csv": as_csv,
    "geojson": as_geojson,
    "rss": as_rss,
    "jsonfeed": as_jsonfeed,
}


def defused(cell: str) -> str:
    """``cell`` such that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA) else cell


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Write ``pieces`` to ``path`` all or not at all: what was there stays until all is written.

    Raises :class:`~monitor.errors.InputError` where the file cannot be written.
    """
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():  # a pipe or device cannot be replaced
            with path.open("w", encoding="utf-8") as out:
                out.writelines(pieces)
            return
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            out.writelines(pieces)
            out.flush()
            os.fsync(out.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if temporary:
            with suppress(FileNotFoundError):
                temporary.unlink()


def _array(items: Iterable[dict[str, Any]], opening: str, closing: str) -> Iterator[str]:
    yield opening
    for index, item in enumerate(items):
        yield (",\n" if index else "") + dumps(item)
    yield closing


def best(lp: LinkedPost) -> Link | None:
    """The strongest link that nobody rejected."""
    links = [link for link in lp.analysis.links if link.status != "rejected"]
    return max(links, key=lambda link: (link.status == "accepted", link.probability), default=None)


def _cells(lp: LinkedPost, link: Link | None) -> list[str]:
    post, analysis = lp.post, lp.analysis
    about = ["", "", "", "", "", ""]
    if link:
        about = [link.id, link.event_id, link.title, f"{link.probability:.4f}"]
        about += [link.status, link.explanation]
    cells = [
        post.id,
        moment(post.published_at) or "",
        post.source,
        post.platform,
        analysis.language.code,
        post.author.name or "",
        post.author.handle or "",
        post.url or "",
        post.full_text,
        analysis.translation.text if analysis.translation else "",
        *about,
        "; ".join(f"{place.name}, {place.country}" for place in analysis.places),
        "; ".join(analysis.warnings),
        str(lp.duplicates.count),
        "yes" if analysis.translation and analysis.translation.draft else "",
    ]
    return [safe(cell) for cell in cells]


def _features(lp: LinkedPost) -> Iterator[dict[str, Any]]:
    document, link = linked_post(lp), best(lp)
    for place in document["places"]:
        yield {
            "type": "Feature",
            "id": f"{document['post']['id']}#{place['start']}-{place['geonameid']}",
            "geometry": {"type": "Point", "coordinates": [place["lon"], place["lat"]]},
            "properties": {
                "place": place,
                "post": document["post"],
                "language": document["language"]["code"],
                "translation": document["translation"] and document["translation"]["text"],
                "draft": document["translation"] and document["translation"]["draft"],
                "event_id": link and link.event_id,
                "event": link and link.title,
                "probability": link and link.probability,
                "status": link and link.status,
            },
        }


def _feed_item(lp: LinkedPost) -> dict[str, Any]:
    document = linked_post(lp)
    post = document["post"]
    item = {
        "id": post["id"],
        "title": safe_line(_title(lp)),
        "content_text": safe(_body(lp)),
        "date_published": moment(lp.post.at),
        "authors": [{"name": safe_line(lp.post.author.name)}] if lp.post.author.name else [],
        "tags": [link.title for link in lp.analysis.links],
        "_monitor": document,
    }
    return item | ({"url": post["url"]} if post["url"] else {})


def _title(lp: LinkedPost) -> str:
    link = best(lp)
    if link:
        return f"{link.title} ({percent(link.probability)}, {link.status})"
    return cut(safe_line(lp.post.full_text), 100) or lp.post.id


def _body(lp: LinkedPost) -> str:
    english = translated(lp.analysis.translation)
    reasons = [f"{link.title}: {link.explanation}" for link in lp.analysis.links]
    return "\n\n".join([lp.post.full_text, *([english] if english else []), *reasons])


def _xml(text: str) -> str:
    # XML 1.0 cannot hold most control characters, nor U+FFFE and U+FFFF, in any form.
    return escape(safe(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))

"""A linked post as one JSON object, ``"schema": "monitor.linked-post/1"``.

The shape is described by ``monitor/schemas/linked-post.schema.json``. Version 1 only ever grows:
keys may be added, none is renamed or removed, so a reader ignores keys that it does not know.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from monitor.model import Author, Link, LinkedPost, Parent, Place, Post, Translation

SCHEMA = "monitor.linked-post/1"

# Legal in JSON strings as they are, but a terminal obeys C1 controls and bidi overrides, and
# JavaScript before 2019 ended a line at U+2028. Lone surrogates can be in no file at all.
_HARMFUL = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def linked_post(lp: LinkedPost) -> dict[str, Any]:
    """``lp`` as plain JSON values, in the key order of the design.

    Texts are the originals, character for character: offsets of spans and places stay valid.
    """
    post, analysis = lp.post, lp.analysis
    return {
        "schema": SCHEMA,
        "post": _post(post),
        "language": {
            "code": analysis.language.code,
            "confidence": round(analysis.language.confidence, 4),
            "spans": [
                {"start": span.start, "end": span.end, "code": span.code}
                for span in analysis.language.spans
            ],
        },
        "translation": analysis.translation and _translation(analysis.translation),
        "places": [_place(place) for place in analysis.places],
        "links": [_link(link) for link in analysis.links],
        "duplicates": {
            "of": lp.duplicates.of or analysis.duplicate_of,
            "count": lp.duplicates.count,
            "sources": lp.duplicates.sources,
        },
        "warnings": list(analysis.warnings),
        "followed": analysis.followed,
        "versions": lp.versions,
        "deleted_at": moment(lp.deleted_at),
        "seq": lp.seq,
    }


def dumps(value: Any, *, indent: int | None = None) -> str:
    """``value`` as JSON text: readable Arabic, and nothing in it that a terminal would obey.

    Without ``indent`` the result is one line. Control characters, bidi controls and line separators
    are written as ``\\uXXXX``, so that reading the text back gives the same value, but for lone
    surrogates, which no JSON file can hold and which become U+FFFD.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)
    return _HARMFUL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def moment(at: datetime | None) -> str | None:
    """``at`` in ISO 8601, in UTC and with ``Z``; ``None`` stays ``None``."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _post(post: Post) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": post.id,
        "source": post.source,
        "platform": post.platform,
        "author": _author(post.author),
        "url": post.url,
        "published_at": moment(post.published_at),
        "collected_at": moment(post.collected_at),
        "text": post.text,
        "parent": _parent(post.parents[0]) if post.parents else None,
        "parents": [_parent(parent) for parent in post.parents],
        "media": list(post.media),
        "complete": post.complete,
    }
    sparse = {
        "title": post.title,
        "edited_at": moment(post.edited_at),
        "published_raw": post.published_raw,
        "language_tag": post.language_tag,
        "repost_of": post.repost_of,
        "reply_to": post.reply_to,
        "quotes": post.quotes,
        "content_warning": post.content_warning,
        "metrics": dict(post.metrics) or None,
        "tags": list(post.tags) or None,
    }
    return document | {key: value for key, value in sparse.items() if value is not None}


def _author(author: Author) -> dict[str, Any]:
    named = {"name": author.name, "handle": author.handle}
    return named | ({"url": author.url} if author.url else {})


def _parent(parent: Parent) -> dict[str, Any]:
    return {"url": parent.url, "title": parent.title, "platform": parent.platform}


def _translation(translation: Translation) -> dict[str, Any]:
    return {
        "language": translation.language,
        "text": translation.text,
        "engine": translation.engine,
        "model": translation.model,
        "warnings": list(translation.warnings),
        "source": translation.source,
        "trust": round(translation.trust, 4),
        "draft": translation.draft,
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "mention": place.mention,
        "name": place.name,
        "country": place.country,
        "lat": place.lat,
        "lon": place.lon,
        "geonameid": place.geonameid,
        "kind": place.kind,
        "confidence": round(place.confidence, 4),
        "start": place.start,
        "end": place.end,
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "id": link.id,
        "event_id": link.event_id,
        "title": link.title,
        "probability": round(link.probability, 4),
        "status": link.status,
        "evidence": [
            {"kind": evidence.kind, "weight": round(evidence.weight, 3), "detail": evidence.detail}
            for evidence in link.evidence
        ],
        "explanation": link.explanation,
    }

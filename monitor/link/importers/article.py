"""A news article as an event: title, lead, text, date, and the places its title and lead name."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, time

import trafilatura

from monitor.errors import InputError
from monitor.link.events_file import MAX_TEXT, read_instant
from monitor.link.importers.names import names
from monitor.link.profile import Gazetteer
from monitor.link.terms import sentences
from monitor.model import Event
from monitor.text.arabic import is_arabic

MAX_BYTES = 16 * 1024 * 1024


def read_article(
    data: bytes,
    url: str,
    gazetteer: Gazetteer | None = None,
    detect: Callable[[str], str] | None = None,
) -> Event:
    """The event an HTML page tells of. ``detect`` says in which language a text is.

    Raises :class:`InputError` where the page has no title or is larger than 16 MB.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{url}: the article is larger than 16 MB")
    found = trafilatura.extract(data, url=url, output_format="json", with_metadata=True)
    page = json.loads(found) if found else {}
    title = " ".join((page.get("title") or "").split())
    if not title:
        raise InputError(f"{url}: no article with a title was found on this page")
    text = (page.get("text") or "")[:MAX_TEXT]
    lead = sentences(text, 3)
    code = detect(f"{title}. {' '.join(lead)}") if detect else page.get("language")
    if is_arabic(title):
        code = "ar"
    head = f"{title}. {' '.join(lead[:2])}"
    places = gazetteer.find(head, code) if gazetteer else ()
    found_places = tuple(dict.fromkeys(place.name for place in places))
    when = None
    if page.get("date"):
        try:
            when = read_instant(page["date"], last=False)
        except ValueError:
            when = None  # an article without a usable date is still an event
    return Event(
        id=event_id(title, when[0] if when else None),
        title=title,
        titles={code: title} if code in ("ar", "fr") else {},
        summary=" ".join(lead),
        text=text,
        started_at=datetime.combine(when[0].date(), time(), UTC) if when else None,
        places=found_places,
        actors=names(text, found_places),
        sources=(url,),
    )


def event_id(title: str, at: datetime | None) -> str:
    """A readable id: words of the title and the day, or a digest where it has no Latin letters."""
    plain = unicodedata.normalize("NFKD", title.casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain)[:6]
    stem = "-".join(words) or hashlib.sha256(title.encode()).hexdigest()[:10]
    return f"{stem}-{at:%Y-%m-%d}" if at else stem

"""The addresses of the web page and the API.

======================  =========================================================================
``/``                   posts, the last changed first; filters as in ``monitor links``
``/live``               what came after a sequence number, for the page itself
``/posts/ID``           one post with evidence; ``/events``, ``/events/ID`` the events
``/review``             POST: accept or reject a link, or assign a post, where that is allowed
``/api/posts``          JSON: filters, ``limit``, ``before`` or ``after`` a sequence number
``/api/posts/ID``       one linked post; ``/api/events``, ``/api/status``
``/api/schemas/NAME``   the JSON schemas
``/posts.FORMAT``       the newest posts as jsonl, csv, geojson, rss or jsonfeed
======================  =========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from monitor.errors import InputError, StoreError
from monitor.model import Decision, Event, FeedState, Filter, LinkedPost, Post, Verdict
from monitor.show.export import export
from monitor.show.html import path
from monitor.show.json import dumps, linked_post, moment
from monitor.show.live import Stats
from monitor.show.report.facts import facts
from monitor.show.wanted import NAMES, Known, check, wanted
from monitor.show.web.guard import Guard, from_our_page
from monitor.show.web.pages import (
    Site,
    error_page,
    event_page,
    events_page,
    nearest,
    post_card,
    post_page,
    posts_page,
)
from monitor.show.when import instant

PAGE, MOST = 50, 1000  # posts
LATELY = 500
OFFERED = 200  # events, to assign a post to; any other is typed
SCHEMAS = ("linked-post.schema.json", "alert.schema.json", "event.schema.json")
TYPES = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "rss": "application/rss+xml",
    "jsonfeed": "application/feed+json",
}
STATIC = {"style.css": "text/css", "live.js": "text/javascript"}
FORM_BYTES = 16 * 1024


class Counts(Protocol):
    @property
    def posts(self) -> int: ...
    @property
    def linked(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def oldest_pending_at(self) -> datetime | None: ...


class Served(Protocol):
    """What serving needs of a store."""

    def linked(
        self, which: Filter | None = None, *, after_seq: int = -1, limit: int | None = None
    ) -> Iterator[LinkedPost]: ...
    def latest(
        self, which: Filter | None = None, *, before_seq: int | None = None, limit: int = 50
    ) -> list[LinkedPost]: ...
    def get(self, post_id: str) -> LinkedPost | None: ...
    def versions(self, post_id: str) -> list[Post]: ...
    def decide(self, decision: Decision) -> None: ...
    def counts(self) -> Counts: ...
    def last_seq(self) -> int: ...
    def feed_states(self, names: Sequence[str]) -> list[FeedState]: ...


@dataclass(frozen=True)
class Web:
    """One site on one store. ``token`` is None where nobody may decide; ``who`` decides then."""

    store: Served
    events: Mapping[str, Event]
    feeds: Sequence[str]
    languages: Sequence[str]
    others: bool = False
    token: str | None = None
    who: str = "web"
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def known(self) -> Known:
        return Known(tuple(self.events), self.feeds, self.languages, self.others)

    @property
    def site(self) -> Site:
        titles = {event.id: event.title for event in self.events.values()}
        return Site(self.known, titles, self.token)

    def app(self, hosts: Sequence[str]) -> Starlette:
        """The application, answering under the names in ``hosts`` only."""
        get = [
            ("/", self.posts),
            ("/live", self.live),
            ("/posts.{form}", self.exported),
            ("/posts/{id:path}", self.post),
            ("/events", self.event_list),
            ("/events/{id:path}", self.event),
            ("/api/posts", self.api_posts),
            ("/api/posts/{id:path}", self.api_post),
            ("/api/events", self.api_events),
            ("/api/status", self.api_status),
            ("/api/schemas/{name}", self.schema),
            ("/static/{name}", self.static),
        ]
        routes = [Route(address, answer) for address, answer in get]
        routes.append(Route("/review", self.review, methods=["POST"]))
        return Starlette(
            routes=routes,
            middleware=[Middleware(Guard, hosts=hosts)],
            exception_handlers={
                InputError: self._refused,
                StoreError: self._failed,
                HTTPException: self._http_error,
            },
        )

    # pages

    def posts(self, request: Request) -> Response:
        asked = _asked(request)
        which = wanted(asked, self.known, self.clock())
        before = _whole(request, "before")
        seq = self.store.last_seq()
        found = self.store.latest(which, before_seq=before, limit=PAGE + 1)
        if before is not None:
            asked = {**asked, "before": [str(before)]}
        body = posts_page(
            self.site, found[:PAGE], asked, self._state(), seq, older=len(found) > PAGE
        )
        return HTMLResponse(body)

    def live(self, request: Request) -> Response:
        """What changed since ``after``, oldest first; never more than one page of it."""
        which = wanted(_asked(request), self.known, self.clock())
        after, seq = _whole(request, "after") or 0, self.store.last_seq()
        found = [lp for lp in self.store.latest(which, limit=PAGE) if lp.seq > after]
        cards = "".join(post_card(self.site, lp) for lp in reversed(found))
        seq = max([seq, *(lp.seq for lp in found)])
        return _json({"seq": seq, "html": cards, "state": self._state()})

    def post(self, request: Request) -> Response:
        lp = self._found(request)
        near = nearest(self.events.values(), lp.post.at, OFFERED)
        return HTMLResponse(post_page(self.site, lp, self.store.versions(lp.post.id), near))

    def event_list(self, _: Request) -> Response:
        last = self.store.latest(Filter(others=True), limit=LATELY)
        lately: dict[str, int] = {}
        for link in (link for lp in last for link in lp.analysis.links):
            lately[link.event_id] = lately.get(link.event_id, 0) + (link.status != "rejected")
        oldest = datetime.min.replace(tzinfo=UTC)
        events = sorted(self.events.values(), key=lambda e: e.started_at or oldest, reverse=True)
        return HTMLResponse(events_page(events, lately, len(last)))

    def event(self, request: Request) -> Response:
        event = self.events.get(request.path_params["id"])
        if event is None:
            raise HTTPException(404, f"no event {request.path_params['id']!r}")
        now, since = self.clock(), request.query_params.get("since", "")
        begun = instant(since, now) if since else _beginning(event, now)
        which = Filter(events=(event.id,), since=begun, until=now, others=True)
        told = facts(self.store.linked(which), event.id, event.title, begun, now)
        return HTMLResponse(event_page(self.site, event, told, since))

    # decisions

    async def review(self, request: Request) -> Response:
        """Keep one decision and go back to the post. The form has ``verdict`` (accept, reject,
        assign, none), ``post``, and, but for none, ``event``."""
        if self.token is None:
            raise HTTPException(403, "this monitor is served for reading only (see --review)")
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > FORM_BYTES:
            raise HTTPException(413, "a decision is not as long as that")
        typed = (await request.body()).decode("utf-8", "replace")
        form = {name: values[0] for name, values in parse_qs(typed).items()}
        if not from_our_page(request.headers, self.token, form.get("token", "")):
            raise HTTPException(403, "a decision must come from a page of this monitor")
        post_id = await run_in_threadpool(self._decide, form)
        return RedirectResponse(path("posts", post_id), 303)

    def _decide(self, form: Mapping[str, str]) -> str:
        lp = self.store.get(form.get("post", ""))
        if lp is None:
            raise HTTPException(400, "there is no such post to decide about")
        event: str | None = form.get("event", "").strip()
        verdict: Verdict
        match form.get("verdict"):
            case "accept" | "reject" as verdict:
                if event not in {link.event_id for link in lp.analysis.links}:
                    raise HTTPException(400, "there is no such link to decide about")
            case "assign" as verdict:
                check([event or ""], "event", self.events)
            case "none" as verdict:
                event = None
            case _:
                raise HTTPException(400, "that is no verdict")
        self.store.decide(Decision(lp.post.id, event, verdict, self.who, self.clock()))
        return lp.post.id

    # API

    def api_posts(self, request: Request) -> Response:
        """With ``after``: changes since, oldest first, for followers. Else newest first."""
        which = wanted(_asked(request), self.known, self.clock())
        limit = min(_whole(request, "limit") or PAGE, MOST)
        after, before = _whole(request, "after"), _whole(request, "before")
        if after is not None:
            found = list(self.store.linked(which, after_seq=after, limit=limit))
        else:
            found = self.store.latest(which, before_seq=before, limit=limit)
        posts = [linked_post(lp) for lp in found]
        last = found[-1].seq if found else None
        return _json({"posts": posts, "last_seq": self.store.last_seq(), "next": last})

    def api_post(self, request: Request) -> Response:
        return _json(linked_post(self._found(request)))

    def api_events(self, _: Request) -> Response:
        return _json([_event(event) for event in self.events.values()])

    def api_status(self, _: Request) -> Response:
        counts = self.store.counts()
        return _json(
            {
                "posts": counts.posts,
                "linked": counts.linked,
                "pending": counts.pending,
                "oldest_pending_at": moment(counts.oldest_pending_at),
                "last_seq": self.store.last_seq(),
                "feeds_in_trouble": list(self._trouble()),
                "feeds": len(self.feeds),
            }
        )

    def exported(self, request: Request) -> Response:
        form = request.path_params["form"]
        if form not in TYPES:
            raise HTTPException(404, f"no format {form!r} (there are {', '.join(TYPES)})")
        which = wanted(_asked(request), self.known, self.clock())
        found = self.store.latest(which, limit=min(_whole(request, "limit") or 100, MOST))
        return Response("".join(export(form, found)), media_type=TYPES[form])

    def schema(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in SCHEMAS:
            raise HTTPException(404, f"no schema {name!r} (there are {', '.join(SCHEMAS)})")
        body = files("monitor").joinpath(f"schemas/{name}").read_bytes()
        return Response(body, media_type="application/schema+json")

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in STATIC:
            raise HTTPException(404, "no such file")
        body = files("monitor.show.web").joinpath(name).read_bytes()
        return Response(body, media_type=STATIC[name])

    # parts

    def _found(self, request: Request) -> LinkedPost:
        lp = self.store.get(request.path_params["id"])
        if lp is None:
            raise HTTPException(404, f"no post {request.path_params['id']!r}")
        return lp

    def _trouble(self) -> tuple[str, ...]:
        states = self.store.feed_states(self.feeds)
        return tuple(state.feed for state in states if state.failures or state.stopped)

    def _state(self) -> str:
        counts, now = self.store.counts(), self.clock()
        oldest = counts.oldest_pending_at
        waited = (now - oldest).total_seconds() if oldest else 0.0
        stats = Stats(counts.posts, counts.linked, None, counts.pending, waited)
        return f"{replace(stats, trouble=self._trouble())} · times in UTC"

    def _refused(self, request: Request, error: Exception) -> Response:
        return _error(request, 400, str(error))

    def _failed(self, request: Request, error: Exception) -> Response:
        return _error(request, 503, str(error))

    def _http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return _error(request, error.status_code, error.detail)


def _beginning(event: Event, now: datetime) -> datetime:
    """A week ago, or a day before the event began where that is longer ago."""
    week = now - timedelta(days=7)
    return min(week, event.started_at - timedelta(days=1)) if event.started_at else week


def _asked(request: Request) -> dict[str, list[str]]:
    return {
        name: found
        for name in NAMES
        if (found := [v for v in request.query_params.getlist(name) if v])
    }


def _whole(request: Request, name: str) -> int | None:
    """The number asked for as ``name``. Raises :class:`~monitor.errors.InputError`."""
    typed = request.query_params.get(name, "")
    if not typed:
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > 15:
        raise InputError(f"{name}: {typed!r} is not a whole number")
    return int(typed)


def _error(request: Request, status: int, said: str) -> Response:
    if request.url.path.startswith(("/api/", "/live")):
        return _json({"error": said}, status)
    return HTMLResponse(error_page(said), status)


def _json(value: Any, status: int = 200) -> Response:
    return Response(dumps(value), status, media_type="application/json")


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "title": event.title,
        "titles": dict(event.titles),
        "summary": event.summary,
        "started_at": moment(event.started_at),
        "ended_at": moment(event.ended_at),
        "places": list(event.places),
        "actors": list(event.actors),
    }

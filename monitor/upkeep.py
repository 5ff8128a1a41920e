"""What linking goes by may change while the daemon runs: events files, decisions, tuned weights,
and a full translation model that is installed where a draft had to do.

:meth:`Upkeep.look` notices it between two batches and sees to it that the posts of the last days
are linked again. What the store's posts were linked with is noted in the store, so what changed
while no daemon ran is noticed at the next start. People's decisions lie over whatever the linker
says (``store.rows.decided``), so linking again never undoes one.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from operator import is_

from monitor.config import Config
from monitor.errors import ConfigError, ModelError
from monitor.events import FileStates, event_paths, events_of, file_states, tell_problems
from monitor.link import Linker, tuned
from monitor.link.events_file import event_files
from monitor.link.learn import labels_of
from monitor.link.profile import MOST_WORDS
from monitor.link.score import as_json, load_weights
from monitor.link.write_event import plain
from monitor.model import Event
from monitor.store import Store
from monitor.translate import Translator

log = logging.getLogger(__name__)

_EVENT, _WEIGHTS = "linked-with:event:", "linked-with:weights"
_TRANSLATED = "translated-with:"  # language → "draft" or "full"
_EVERY = timedelta(seconds=1)
_MANY = 5000  # events with which growing takes a good part of a second
_GROW_EVERY = timedelta(minutes=1)  # with so many
_BEFORE = timedelta(days=2)  # an event begins: posts may speak of it coming


def accepted_of(store: Store) -> dict[str, list[str]]:
    """The texts of posts that people accepted, by event, oldest first: the latest fifty of each."""
    posts: defaultdict[str, list[str]] = defaultdict(list)
    for post_id, (event_id, yes) in labels_of(store.decisions()).items():
        if event_id is not None and yes:
            posts[event_id].append(post_id)
    texts = {}
    for event_id, ids in posts.items():
        found = (store.get(post_id) for post_id in ids[-MOST_WORDS:])
        said = dict.fromkeys(item.post.full_text for item in found if item)
        texts[event_id] = [text for text in said if text.strip()]
    return texts


def linker_settings(config: Config) -> tuple[tuned.Tuned | None, float, float]:
    """``(tuned weights, suggest, confirm)`` in use. Tuned weights that cannot be used are logged,
    and the shipped ones serve: a new version may know other evidence."""
    link = config.link
    try:
        found = tuned.current(config.path(link.tuned))
    except ModelError as error:
        log.warning("%s; the shipped weights are used: run `monitor tune` again", error)
        found = None
    if found is None:
        return None, link.suggest, link.confirm
    suggest = link.suggest if "suggest" in link.model_fields_set else found.suggest
    confirm = link.confirm if "confirm" in link.model_fields_set else found.confirm
    return found, min(suggest, confirm), confirm


class Upkeep:
    """Keeps ``linker`` to what people changed. Called by the one thread that links."""

    def __init__(
        self, config: Config, store: Store, linker: Linker, translator: Translator
    ) -> None:
        self._config, self._store, self.linker = config, store, linker
        self._translator = translator
        self._models = dict(store.notes(_TRANSLATED))
        self._looked: datetime | None = None
        # The linker's events may be older than the files: whoever started us read them before.
        self._taken_in: FileStates | None = None
        self._seen = self._files()
        self._decisions, self._grown = store.last_decision(), datetime.min.replace(tzinfo=UTC)
        self._checked: tuple[object, ...] = ()
        self._noted: dict[str, str] | None = None

    def look(self, now: datetime) -> None:
        """Take in what changed since the last look; at most once a second.

        A wrong events file is told once, problem by problem, and the events stay as they were.
        """
        if self._looked is not None and now - self._looked < _EVERY:
            return
        self._looked = now
        files = self._files()
        # Files still being written change from look to look.
        settled, self._seen = files == self._seen, files
        if self._taken_in is None or (settled and files != self._taken_in):
            self._taken_in = files
            self._read_again()
        self._grow(now)
        self._link_again(now)
        self._translate_again(now)

    def _grow(self, now: datetime) -> None:
        """Let profiles grow with what people accepted meanwhile."""
        known = self.linker.catalogue.events
        pause = _GROW_EVERY if len(known) > _MANY else timedelta(0)
        decisions = self._store.last_decision()
        if decisions != self._decisions and now - self._grown >= pause:
            self._decisions, self._grown = decisions, now
            self.linker.know(known, accepted_of(self._store))

    def _files(self) -> FileStates:
        """Names, times and sizes of everything that is read."""
        folder = self._config.path(self._config.link.tuned)
        weights = sorted(folder.glob("weights-*.json")) if folder.is_dir() else []
        return file_states((*event_files(event_paths(self._config)), *weights))

    def _read_again(self) -> None:
        weights, self.linker.suggest, self.linker.confirm = linker_settings(self._config)
        self.linker.weights = weights.weights if weights else load_weights()
        try:
            events = events_of(self._config)
        except ConfigError as error:
            tell_problems(error)
            return
        if tuple(events) != self.linker.catalogue.events:
            self.linker.know(events, accepted_of(self._store))
            log.info("%d events are known now", len(events))

    def _link_again(self, now: datetime) -> None:
        """Mark posts for linking where events or weights are not those they were linked with."""
        linker = self.linker
        state = (linker.catalogue.events, linker.weights, linker.suggest, linker.confirm)
        if len(self._checked) == len(state) and all(map(is_, state, self._checked)):
            return
        self._checked = state
        first = self._noted is None
        if self._noted is None:
            self._noted = {**self._store.notes(_EVENT), **self._store.notes(_WEIGHTS)}
        known, noted = self.linker.catalogue.events, self._noted
        wanted = {_EVENT + event.id: _digest(event) for event in known}
        limits = {"suggest": linker.suggest, "confirm": linker.confirm}
        wanted[_WEIGHTS] = _digest_of(as_json(linker.weights, **limits))
        changes: dict[str, str | None] = {
            key: value for key, value in wanted.items() if noted.get(key) != value
        }
        changes |= {key: None for key in noted if key not in wanted}
        if not changes:
            return
        if not (first and not noted):  # else the store is new: its posts are all still to be linked
            added = [e for e in known if _EVENT + e.id in changes and _EVENT + e.id not in noted]
            only_added = added if len(added) == len(changes) else []
            since = self._since(only_added)
            if since is not None:
                again = self._store.reanalyse(since)
                log.info("%d posts since %s are linked again", again, since)
        self._store.note(changes, now)
        self._noted = wanted

    def _translate_again(self, now: datetime) -> None:
        """Mark posts where a language that only a draft could translate has a full model now."""
        found = self._translator.drafts()
        best = {_TRANSLATED + c: "draft" if draft else "full" for c, draft in found.items()}
        changes = {key: kind for key, kind in best.items() if self._models.get(key) != kind}
        if not changes:
            return
        better = any(k == "full" and self._models.get(key) == "draft" for key, k in changes.items())
        since = self._since([]) if better else None
        if since is not None:
            again = self._store.reanalyse(since)
            log.info("%d posts since %s are translated again by a better model", again, since)
        self._store.note(changes, now)
        self._models |= changes

    def _since(self, only_added: Sequence[Event]) -> datetime | None:
        """From when on posts are linked again; None where there are none."""
        newest = next(self._store.recent(timedelta(0)), None)
        if newest is None:
            return None
        since = newest.at - timedelta(seconds=self._config.link.relink)
        starts = [event.started_at or event.ended_at for event in only_added]
        dated = [start for start in starts if start is not None]
        if dated and len(dated) == len(starts):
            since = max(since, min(dated) - _BEFORE)
        return since


def _digest(event: Event) -> str:
    return _digest_of(json.dumps(plain(event), ensure_ascii=False, sort_keys=True))


def _digest_of(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()

"""The known events, as the settings name their files. Read by the daemon, which links nothing."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from monitor.config import Config
from monitor.errors import ConfigError
from monitor.link import load_events
from monitor.link.events_file import event_files
from monitor.model import Event

log = logging.getLogger(__name__)

FileStates = tuple[tuple[str, int, int], ...]
_MOST_TOLD = 20  # problems of a wrong events file that are logged


def events_of(config: Config) -> list[Event]:
    """The known events of ``config``. Raises :class:`~monitor.errors.ConfigError`.

    The default ``events.yaml`` may be missing: then no event is known yet.
    """
    return load_events(event_paths(config))


def event_paths(config: Config) -> list[Path]:
    given = "events" in config.model_fields_set
    paths = [config.path(path) for path in config.events]
    return [path for path in paths if given or path.exists()]


def file_states(paths: Iterable[Path]) -> FileStates:
    """Name, time of last change (ns) and size of each file that is there."""
    found = []
    for path in paths:
        try:
            state = path.stat()
        except OSError:
            continue  # gone since it was listed
        found.append((str(path), state.st_mtime_ns, state.st_size))
    return tuple(found)


def tell_problems(error: ConfigError) -> None:
    """Log what is wrong with the files of the events, which stay as they were."""
    for problem in error.problems[:_MOST_TOLD]:
        log.warning("%s", problem)
    log.warning("the events stay as they were (%d problems)", len(error.problems))


class EventsNow(Mapping[str, Event]):
    """The known events by id, read again when their files have changed; a wrong file is logged.

    Files are looked at every ``pause_s`` seconds at most. Raises
    :class:`~monitor.errors.ConfigError` where they are wrong at the beginning.
    """

    def __init__(self, config: Config, pause_s: float = 1.0) -> None:
        self._config, self._pause_s = config, pause_s
        self._files, self._looked = self._states(), time.monotonic()
        self._events = {event.id: event for event in events_of(config)}

    def __getitem__(self, event_id: str) -> Event:
        return self._now()[event_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> dict[str, Event]:
        if time.monotonic() - self._looked < self._pause_s:
            return self._events
        self._looked = time.monotonic()
        files = self._states()
        if files != self._files:
            self._files = files
            try:
                self._events = {event.id: event for event in events_of(self._config)}
            except ConfigError as error:
                tell_problems(error)
        return self._events

    def _states(self) -> FileStates:
        return file_states(event_files(event_paths(self._config)))

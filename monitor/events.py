"""The known events, as the settings name their files. Read by the daemon, which links nothing."""

from __future__ import annotations

from pathlib import Path

from monitor.config import Config
from monitor.link import load_events
from monitor.model import Event


def events_of(config: Config) -> list[Event]:
    """The known events of ``config``. Raises :class:`~monitor.errors.ConfigError`.

    The default ``events.yaml`` may be missing: then no event is known yet.
    """
    return load_events(event_paths(config))


def event_paths(config: Config) -> list[Path]:
    given = "events" in config.model_fields_set
    paths = [config.path(path) for path in config.events]
    return [path for path in paths if given or path.exists()]

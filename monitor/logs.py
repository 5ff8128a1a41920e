"""Logs on stderr, a line each, for people or as JSON; without secrets or control characters."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from monitor.config import Config, Log
from monitor.store.url import passwords
from monitor.text.clean import clean, clean_line

_CREDENTIALS = re.compile(r"(?<=://)[^\s/@]+@")
_HIDDEN = "***"
_QUIET = ("apscheduler", "httpx", "httpcore", "trafilatura")  # their troubles are told by us


def log_to_stderr(settings: Log | None = None, secrets: Iterable[str] = ()) -> None:
    """Log as ``settings`` say, with every one of ``secrets`` made unreadable."""
    settings = settings or Log()
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(secrets, as_json=settings.format == "json"))
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def secrets_of(config: Config) -> list[str]:
    """The values of all environment variables that ``config`` names as keys (``…_env``), and the
    password of its store."""
    names = set(_names(config.model_dump())) | {
        name for feed in config.feeds for name in _names(_plain(feed.options))
    }
    keys = [value for name in sorted(names) if (value := os.environ.get(name))]
    return [*keys, *sorted(passwords(config.store))]


def _plain(options: object) -> object:
    return options.model_dump() if isinstance(options, BaseModel) else options


def _names(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(inner, str) and str(key).endswith("_env"):
                yield inner
            else:
                yield from _names(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from _names(inner)


class _Formatter(logging.Formatter):
    """One line a record; a traceback follows on lines of its own, or stands in the JSON object."""

    def __init__(self, secrets: Iterable[str], *, as_json: bool) -> None:
        super().__init__()
        # The longest first: a secret may be part of another.
        self._secrets = sorted({s for s in secrets if s}, key=len, reverse=True)
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean_line(self._without_secrets(record.getMessage())),
        }
        if record.exc_info:
            traceback = self.formatException(record.exc_info)
            said["traceback"] = clean(self._without_secrets(traceback))
        if self._as_json:
            return json.dumps(said, ensure_ascii=False)
        line = f"{said['time']} {record.levelname} {record.name}: {said['message']}"
        return f"{line}\n{said['traceback']}" if "traceback" in said else line

    def _without_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return _CREDENTIALS.sub(f"{_HIDDEN}@", text)

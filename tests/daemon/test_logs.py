"""Logs: a line each, for people or programs; no secret and no control character gets into one."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from monitor.config import Config, Log, Translate
from monitor.logs import log_to_stderr, secrets_of

SECRET = "s3cr3t-key"


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before[0], before[1]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_a_json_line_has_a_time_with_its_zone_a_level_a_logger_and_a_message(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr(Log(format="json", level="info"))
    logging.getLogger("monitor.daemon").info("feed %s: %d posts", "القائم", 3)
    line = json.loads(said(capsys))
    assert datetime.fromisoformat(line.pop("time")).tzinfo is not None
    assert line == {"level": "info", "logger": "monitor.daemon", "message": "feed القائم: 3 posts"}


def test_a_traceback_stands_in_the_same_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(Log(format="json"))
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("monitor").exception("a bug")
    (line,) = said(capsys).splitlines()
    assert "ValueError" in json.loads(line)["traceback"]


def test_secrets_and_credentials_are_made_unreadable(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(Log(), [SECRET, SECRET + "-and-more"])
    logger = logging.getLogger("monitor")
    logger.warning("key=%s asked http://ana:pass@a.example/x?key=%s-and-more", SECRET, SECRET)
    try:
        int(SECRET)
    except ValueError:
        logger.exception("no luck")
    line = said(capsys)
    assert SECRET not in line
    assert "key=*** asked http://***@a.example/x?key=***\n" in line
    assert "ana" not in line


def test_a_strangers_text_cannot_act_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr(Log())
    logging.getLogger("monitor").warning("title: %s", "a\x1b[2Jb\n2024 ERROR forged \u202e")
    line = said(capsys)
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert line.count("\n") == 1


def test_secrets_are_found_wherever_the_settings_name_a_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIBRETRANSLATE_KEY", SECRET)
    config = Config(translate=Translate(key_env="LIBRETRANSLATE_KEY"))
    assert secrets_of(config) == [SECRET]
    assert secrets_of(Config(translate=Translate(key_env="NOT_SET"))) == []
    assert secrets_of(Config(store=f"postgresql://ana:{SECRET}@db/m")) == [SECRET]

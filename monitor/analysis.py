"""The analysing process: works off pending posts of the store, a batch whenever it is asked.

A process of its own, so that polling never waits for a model, a crash in a model's library is not
the daemon's, and what is stuck can be ended. What is to be done stands in the store, so only a few
words pass between the two, a line each. First the settings and the events, pickled (the daemon has
checked them, and their files may be edited at any time), then JSON::

    ← {"ready": true}, or {"broken": "…"} where it cannot start
    → {"now": "2024-02-02T21:00:00+00:00", "batch": 64}
    ← {"taken": [["x:1", 1, 0], …]}     id, version and earlier attempts of what is now in hand
    ← {"done": 64}, {"locked": "…"} where the store is, or {"broken": "…"}

It ends when its input does, after the batch in hand; so also when the daemon was killed.
"""

from __future__ import annotations

import base64
import ctypes
import gc
import json
import os
import pickle
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from monitor.config import Config
from monitor.errors import MonitorError, StoreError, StoreLocked
from monitor.logs import log_to_stderr, secrets_of
from monitor.model import Event
from monitor.pipeline import work_off
from monitor.store import PendingPost, Store, open_store

if TYPE_CHECKING:
    from monitor.analyser import Analyser


def serve(store: Store, analyser: Analyser, requests: TextIO, answers: TextIO) -> None:
    """Answer ``requests`` until they end."""

    def say(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    def in_hand(items: Sequence[PendingPost]) -> None:
        say(taken=[[item.post.id, item.version, item.attempts] for item in items])

    say(ready=True)
    for line in requests:
        asked = json.loads(line)
        now = datetime.fromisoformat(asked["now"])
        try:
            done = work_off(store, analyser, now, asked["batch"], on_taken=in_hand)
        except StoreLocked as error:
            say(locked=str(error))
        except StoreError as error:
            say(broken=str(error))
        else:
            say(done=done)
        give_back_memory()


def give_back_memory() -> None:
    """Return to the system what was freed: glibc keeps it, and a batch of long texts or a model's
    loading would be paid for ever after. Elsewhere than on glibc this does nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def main() -> None:
    """The program: ``python -m monitor.analysis``."""
    from monitor.assemble import analyser_of  # the models: the daemon imports this module too

    # Told to stop is only the daemon; a batch in hand is finished for it. (Its input ends then.)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not stand among the answers
    config, events = unpacked(sys.stdin.readline())
    log_to_stderr(config.log, secrets_of(config))
    try:
        store = open_store(config.store_url)
        analyser = analyser_of(config, events, store)
        gc.freeze()  # what is loaded stays: looking through it for garbage takes 30 ms each time
    except MonitorError as error:
        answers.write(json.dumps({"broken": str(error)}) + "\n")
        answers.flush()
        sys.exit(1)
    # Where the daemon was killed, there is nobody to hear the last answer.
    with suppress(BrokenPipeError):
        serve(store, analyser, sys.stdin, answers)
    store.close()


def packed(config: Config, events: Sequence[Event]) -> str:
    """Settings and events as one line of text for :func:`main`, without the feeds and alerts: they
    are the daemon's business, and the code of their kinds takes 15 MB."""
    config = config.model_copy(update={"feeds": (), "alerts": ()})
    return base64.b64encode(pickle.dumps((config, tuple(events)))).decode() + "\n"


def unpacked(line: str) -> tuple[Config, Sequence[Event]]:
    config, events = pickle.loads(base64.b64decode(line))  # noqa: S301  the daemon's own words
    return config, events


if __name__ == "__main__":
    main()

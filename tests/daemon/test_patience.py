"""What waits for the store is said, and not again at every try."""

from __future__ import annotations

import logging

import pytest

from monitor.daemon.patience import Patience
from monitor.errors import StoreError, StoreLocked


def test_what_waits_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    patience = Patience(lambda: now)

    def wait(what: str) -> None:
        with patience.waits(what):
            raise StoreLocked("m: is away")

    with caplog.at_level(logging.WARNING):
        for second in range(130):
            now = float(second)
            wait("feeds wait")
        wait("alerts wait")
    said = [record.getMessage() for record in caplog.records]
    assert said == ["feeds wait: m: is away"] * 3 + ["alerts wait: m: is away"]


def test_a_store_that_is_broken_is_not_waited_for() -> None:
    with pytest.raises(StoreError, match="is damaged"), Patience().waits("feeds wait"):
        raise StoreError("m: is damaged")

"""When the known events are, as arrays: those of a time are found without looking at the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.link.profile import event_hours
from monitor.link.rows import Ids
from monitor.model import Event

_LONG_H = 720.0  # events that go on for longer are looked at one by one


class Times:
    """``starts`` and ``ends`` of events in hours since 1970, float64; NaN where one has no date."""

    def __init__(self, events: Sequence[Event]) -> None:
        spans = np.asarray([event_hours(event) for event in events], np.float64)
        self.starts, self.ends = spans.reshape(-1, 2).T.copy()
        is_long = self.ends - self.starts > _LONG_H
        short = np.flatnonzero(~np.isnan(self.starts) & ~is_long).astype(np.int32)
        self._long = np.flatnonzero(is_long)
        self._short = short[np.argsort(self.starts[short], kind="stable")]
        self._begins = self.starts[self._short]

    def within(self, begin: float, end: float) -> Ids:
        """The rows of the events that went on at any time between two hours."""
        first, last = np.searchsorted(self._begins, (begin - _LONG_H, end), side="right")
        rows = np.concatenate([self._short[first:last], self._long])
        found: Ids = rows[(self.starts[rows] <= end) & (self.ends[rows] >= begin)]
        return found

"""What translating may cost an hour. What was spent stands in the store, over restarts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

_HOUR = timedelta(hours=1)
_PREFIX = "translated/"  # characters by minute: translated/2024-02-03T12:00+00:00


class Notes(Protocol):
    """Where spending is noted; the store is one."""

    def notes(self, prefix: str) -> Mapping[str, str]: ...

    def note(self, changes: Mapping[str, str | None], now: datetime) -> None: ...


class Budget:
    """``per_hour`` characters that may be translated afresh in any hour; None: without limit."""

    def __init__(
        self, per_hour: int | None, clock: Callable[[], datetime], notes: Notes | None = None
    ) -> None:
        self._per_hour = per_hour
        self._clock = clock
        self._notes = notes
        self._spent: dict[str, int] = {}
        if per_hour is not None and notes is not None:
            self._spent = {key: int(text) for key, text in notes.notes(_PREFIX).items()}

    def left(self) -> int | None:
        """Characters that may be translated now; None: any number."""
        if self._per_hour is None:
            return None
        self._forget()
        return max(0, self._per_hour - sum(self._spent.values()))

    def spend(self, characters: int) -> None:
        if self._per_hour is None or not characters:
            return
        now = self._clock()
        key = _PREFIX + now.isoformat(timespec="minutes")
        self._spent[key] = self._spent.get(key, 0) + characters
        if self._notes is not None:
            self._notes.note({key: str(self._spent[key])}, now)

    def _forget(self) -> None:
        now = self._clock()
        old = [k for k in self._spent if _minute(k) <= now - _HOUR]
        for key in old:
            del self._spent[key]
        if old and self._notes is not None:
            self._notes.note(dict.fromkeys(old), now)


def _minute(key: str) -> datetime:
    return datetime.fromisoformat(key.removeprefix(_PREFIX))


def within(sizes: Sequence[int], left: int | None) -> int:
    """How many of the first texts, of ``sizes`` characters, may be translated. A lone one that is
    larger than any budget is let through when something is left, so that it is not owed for ever.
    """
    if left is None:
        return len(sizes)
    total = 0
    for taken, size in enumerate(sizes):
        total += size
        if total > left:
            return 1 if taken == 0 and left > 0 else taken
    return len(sizes)

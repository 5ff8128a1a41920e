"""What the daemon is doing since when, so that what is stuck can be named."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Running:
    """One thing in hand. ``for_s`` is how long it has taken so far, ``most_s`` how long it may."""

    stage: str
    what: str
    for_s: float
    most_s: float

    @property
    def stuck(self) -> bool:
        return self.for_s > self.most_s

    def __str__(self) -> str:
        name = f"{self.stage} {self.what}".strip()
        return f"{name} for {self.for_s:.0f} s, more than {self.most_s:.0f} s"


class Stages:
    """The things in hand. ``clock`` is monotonic, in seconds. Read from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._running: dict[int, tuple[str, str, float, float]] = {}
        self._next = 0
        self._told: set[int] = set()

    @contextmanager
    def doing(self, stage: str, what: str = "", *, most_s: float) -> Iterator[None]:
        key, self._next = self._next, self._next + 1
        self._running[key] = (stage, what, self._clock(), most_s)
        try:
            yield
        finally:
            del self._running[key]

    def running(self) -> list[Running]:
        return list(self._in_hand().values())

    def stuck(self) -> list[Running]:
        return [item for item in self.running() if item.stuck]

    def newly_stuck(self) -> list[Running]:
        """What is stuck and was not told before."""
        stuck = {key: item for key, item in self._in_hand().items() if item.stuck}
        new = [item for key, item in stuck.items() if key not in self._told]
        self._told = set(stuck)
        return new

    def _in_hand(self) -> dict[int, Running]:
        now = self._clock()
        items = list(self._running.items())  # one step of the interpreter: no lock is needed
        return {
            key: Running(stage, what, now - began, most)
            for key, (stage, what, began, most) in items
        }

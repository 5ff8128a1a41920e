"""The texts near-duplicates are looked for among, in flat arrays.

As Python objects a text and its ten hashes took 2 kB; here it takes its words in UTF-8 and about
400 bytes. Slots are given out in a ring, so what is dropped is always what was held first.

A hash leads to its texts by a chained table: ``_latest[hash % buckets]`` is the youngest node of a
chain, ``_older`` and ``_newer`` lead along it. Node ``slot * SKETCH + i + 1`` is hash ``i`` of the
text in ``slot``; node 0 is none.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

SKETCH = 10  # hashes kept of a text, 32 bits each


class HeldTexts:
    """At most ``capacity`` texts, and at most ``most_bytes`` of words and ids, the latest ones.

    ``size`` is how many bytes of words and ids are held.
    """

    def __init__(self, capacity: int, most_bytes: int) -> None:
        self._capacity, self._most_bytes = capacity, most_bytes
        self.size = 0
        self._slots: dict[str, int] = {}
        self._ids: list[str | None] = [None] * capacity
        self._words: list[bytes] = [b""] * capacity
        self._cut = bytearray(capacity)
        self._counts = bytearray(capacity)  # of hashes
        self._times = array("q", [0]) * capacity
        self._hashes = array("I", [0]) * (capacity * SKETCH)
        nodes = capacity * SKETCH + 1
        self._mask = (1 << nodes.bit_length()) - 1
        self._latest = array("i", [0]) * (self._mask + 1)
        self._older, self._newer = array("i", [0]) * nodes, array("i", [0]) * nodes
        # The ring: `_used` slots from `_first` on, some of which may have been emptied since.
        self._first = self._used = 0

    def __len__(self) -> int:
        return len(self._slots)

    def hold(self, id_: str, words: str, sketch: Sequence[int], *, cut: bool, time: int) -> None:
        """Take a text in; the oldest make room. ``time`` is any integer that orders texts."""
        self.drop(id_)
        packed = words.encode("utf-8", "surrogatepass")
        size = len(packed) + len(id_)
        while self._used and (self._used == self._capacity or self.size + size > self._most_bytes):
            self._drop_first()
        slot = (self._first + self._used) % self._capacity
        self._used += 1
        self.size += size
        self._slots[id_], self._ids[slot] = slot, id_
        self._words[slot], self._cut[slot], self._times[slot] = packed, cut, time
        self._counts[slot] = len(sketch)
        for i, value in enumerate(sketch):
            self._hashes[slot * SKETCH + i] = value
            self._link(slot * SKETCH + i + 1, value)

    def drop(self, id_: str) -> None:
        """Forget a text, if it is held."""
        slot = self._slots.pop(id_, None)
        if slot is None:
            return
        for i in range(self._counts[slot]):
            self._unlink(slot * SKETCH + i + 1)
        self.size -= len(self._words[slot]) + len(id_)
        self._ids[slot], self._words[slot] = None, b""
        while self._used and self._ids[self._first] is None:
            self._first = (self._first + 1) % self._capacity
            self._used -= 1

    def drop_before(self, time: int) -> None:
        """Forget the texts held first, up to the first one of ``time`` or later."""
        while self._used and self._times[self._first] < time:
            self._drop_first()

    def with_hash(self, value: int, most: int) -> list[int]:
        """The slots of the latest texts with a hash, at most ``most`` of them, oldest first."""
        found: list[int] = []
        node = self._latest[value & self._mask]
        while node and len(found) < most:
            if self._hashes[node - 1] == value:
                found.append((node - 1) // SKETCH)
            node = self._older[node]
        found.reverse()
        return found

    def text(self, slot: int) -> tuple[str, str, bool]:
        """Id, words and whether the text was cut off."""
        id_ = self._ids[slot]
        assert id_ is not None
        return id_, self._words[slot].decode("utf-8", "surrogatepass"), bool(self._cut[slot])

    def _drop_first(self) -> None:
        id_ = self._ids[self._first]
        assert id_ is not None
        self.drop(id_)

    def _link(self, node: int, value: int) -> None:
        older = self._latest[value & self._mask]
        self._older[node], self._newer[node] = older, 0
        if older:
            self._newer[older] = node
        self._latest[value & self._mask] = node

    def _unlink(self, node: int) -> None:
        older, newer = self._older[node], self._newer[node]
        if newer:
            self._older[newer] = older
        else:
            self._latest[self._hashes[node - 1] & self._mask] = older
        if older:
            self._newer[older] = newer

"""What the statements of a store stand on: a connection as SQLite and PostgreSQL both have one, and
the few things in which their SQL differs.

All other statements are written once, in what both understand: ``?`` and ``:name`` for values,
``ON CONFLICT``, ``RETURNING``, ``FILTER``; a name for every column that is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

EVERYTHING = 2**62  # as a LIMIT
_AT_ONCE = 200  # values in one IN

Values = Sequence[object] | Mapping[str, object]


class Row(Protocol):
    """One row, by the names of its columns."""

    def __getitem__(self, column: str, /) -> Any: ...


class Cursor(Protocol):
    """The rows a statement found."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Stream(Protocol):
    """Rows that are read as they are asked for; to be closed."""

    def __iter__(self) -> Iterator[Any]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """One connection to the database of a store."""

    def execute(self, sql: str, values: Values = (), /) -> Cursor: ...

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> object: ...

    def stream(self, sql: str, values: Values = (), /) -> Stream:
        """The rows of a statement, as they are asked for: a table need not fit into memory."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the SQL of the databases differs."""

    next_polls: str  # → name, next_at and stopped of every feed, the last two as text or NULL
    size: str  # → bytes
    match: str  # a condition on the table ``search`` that takes one value
    index: Callable[[Sequence[str]], object]  # search words → the value kept
    ask: Callable[[Sequence[str]], object]  # search words → the value ``match`` takes


def marks(values: Sequence[object]) -> str:
    """The placeholders of a list of values, for ``IN (…)``; there must be one."""
    return ", ".join("?" * len(values))


def each_of(db: Connection, sql: str, keys: Sequence[object], *before: object) -> Iterator[Row]:
    """The rows of a statement with ``IN ({})`` at its end, asked for a few hundred of ``keys`` at
    a time; ``before`` are the values that stand before those."""
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        yield from db.execute(sql.format(marks(some)), (*before, *some))

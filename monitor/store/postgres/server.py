"""A PostgreSQL database: connections, transactions, migrations, and errors a person can act on.

Writers take turns, in all processes, as they do in SQLite: what is read in a transaction stays true
until it ends, and the order of changes is the order in which they become visible.
"""

from __future__ import annotations

import logging
import re
import select
import threading
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.string import StrDumper

from monitor.errors import StoreBusy, StoreError, StoreLocked
from monitor.store.postgres.schema import MIGRATIONS
from monitor.store.sql import Cursor, Values
from monitor.store.url import shown

BUSY_TIMEOUT_S = 10.0
_IDLE = 4  # connections kept open for the next who asks
# A server that vanished is noticed within seconds rather than hours.
_CONNECT = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
    "application_name": "monitor",
}
# Where these stand bare, libpq takes a part of the password for the host, and names it in errors.
_AMBIGUOUS = re.compile(r"[@/?#\[\]\s]")
# Advisory locks: one for who writes, one for the daemon; each for the schema the tables are in.
_WRITER, _DAEMON = 1_297_043_017, 1_297_043_018
_HERE = "current_schema()::regnamespace::oid"
_TROUBLE = (errors.DiskFull, errors.OutOfMemory, errors.IoError, errors.QueryCanceled)

# Its troubles are told by us.
logging.getLogger("psycopg").setLevel(logging.ERROR)

Raw = psycopg.Connection[dict[str, Any]]


class Connection:
    """A :class:`monitor.store.sql.Connection`."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw

    def execute(self, sql: str, values: Values = (), /) -> Cursor:
        return self._raw.execute(_translated(sql), values or None)

    def executemany(self, sql: str, rows: Iterable[Sequence[object]], /) -> None:
        self._raw.cursor().executemany(_translated(sql), rows)

    def stream(self, sql: str, values: Values = (), /) -> Generator[dict[str, Any]]:
        yield from self._raw.cursor().stream(_translated(sql), values or None)


@lru_cache(maxsize=512)
def _translated(sql: str) -> bytes:
    """``sql`` with psycopg's placeholders. There is neither ``?`` nor ``%`` in our literals."""
    return re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", sql.replace("?", "%s")).encode()


class Server:
    """The database at ``url`` with the newest schema, made in the first schema of its search path
    where it is missing."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.name = shown(url)
        self._options = self._checked(url)
        waits = f"-c lock_timeout={int(busy_timeout_s * 1000)}"
        self._options["options"] = f"{self._options.get('options', '')} {waits}"
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._idle: list[Raw] = []
        self._closed = False
        self._hold: Raw | None = None  # the connection that holds the daemon's lock
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections; those in use, when they are given back."""
        with self._lock:
            self._closed = True
            for raw in self._idle:
                raw.close()
            self._idle.clear()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is written inside, or nothing. Raises :class:`StoreError`."""
        with self._turn, self._connection() as raw:
            self._hold_on()
            with raw.transaction():
                raw.execute(f"SELECT pg_advisory_xact_lock({_WRITER}, {_HERE}::int4)".encode())
                yield Connection(raw)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read from; never waits for writers."""
        with self._connection() as raw:
            yield Connection(raw)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the store as its one daemon. Raises :class:`StoreBusy` where there is one already.

        The lock is the server's and ends with the connection. Where that was lost, the next who
        writes takes it again, or is told that another daemon has it now.
        """
        with self._named():
            self._hold = self._held_connection()
        try:
            yield
        finally:
            with suppress(psycopg.Error):  # where it was lost, so was the lock
                self._hold.execute("SELECT pg_advisory_unlock_all()")  # at once, not when it closes
            self._hold.close()
            self._hold = None

    def held(self) -> bool:
        """Whether a daemon holds the store now."""
        ask = (
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            f" AND classid = {_DAEMON} AND objid = {_HERE}"
        )
        with self.reading() as db:
            return db.execute(ask).fetchone() is not None

    def _held_connection(self) -> Raw:
        ask = f"SELECT pg_try_advisory_lock({_DAEMON}, {_HERE}::int4) AS got"
        raw = self._connect()
        for _ in range(20):  # the server may not have noticed yet that the last one is gone
            if raw.execute(ask.encode()).fetchall()[0]["got"]:
                return raw
            time.sleep(0.01)
        raw.close()
        raise StoreBusy(f"{self.name}: another monitor daemon runs on this store")

    def _hold_on(self) -> None:
        if self._hold is not None and not _alive(self._hold):
            self._hold.close()
            self._hold = self._held_connection()

    # connections

    @contextmanager
    def _connection(self) -> Iterator[Raw]:
        with self._named():
            raw = self._take()
            try:
                yield raw
            finally:
                self._give_back(raw)

    def _take(self) -> Raw:
        while True:
            with self._lock:
                raw = self._idle.pop() if self._idle else None
            if raw is None:
                return self._connect()
            if _alive(raw):
                return raw
            raw.close()

    def _give_back(self, raw: Raw) -> None:
        whole = raw.info.transaction_status == TransactionStatus.IDLE  # not lost, nor in a stream
        with self._lock:
            if whole and len(self._idle) < _IDLE and not self._closed:
                self._idle.append(raw)
            else:
                raw.close()

    def _connect(self) -> Raw:
        raw = psycopg.connect(autocommit=True, row_factory=dict_row, **self._options)
        raw.adapters.register_dumper(str, _Text)
        return raw

    def _checked(self, url: str) -> dict[str, Any]:
        """What libpq is to be told. Quotes nothing of a password where ``url`` is none."""
        if not _AMBIGUOUS.search(url.partition("://")[2].rpartition("@")[0]):
            with suppress(psycopg.ProgrammingError):
                return {**_CONNECT, **conninfo_to_dict(url)}
        raise StoreError(
            f"{self.name}: is no PostgreSQL URL; what is special in its user or password must be "
            "written as in %40 for @ (or leave the password to PGPASSWORD or ~/.pgpass)"
        )

    # the schema

    def _migrate(self) -> None:
        with self.reading() as db:
            self._refuse_unfit(db)
            if self._version(db) == len(MIGRATIONS):
                return
        with self.transaction() as db:
            # Asked again inside: another process may have migrated while we waited for our turn.
            version = self._version(db)
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"{self.name}: written by a newer monitor (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}); install that version"
                )
            for script in MIGRATIONS[version:]:
                db.execute(script)
            db.execute("CREATE TABLE IF NOT EXISTS monitor_schema (version integer NOT NULL)")
            db.execute("DELETE FROM monitor_schema")
            db.execute("INSERT INTO monitor_schema VALUES (?)", (len(MIGRATIONS),))

    def _version(self, db: Connection) -> int:
        # Not to_regclass(): it may still remember that there was none, before we waited.
        ask = "SELECT 1 FROM pg_class WHERE relname = 'monitor_schema' AND relnamespace ="
        if db.execute(f"{ask} {_HERE}").fetchone() is None:
            return 0
        version: int = db.execute("SELECT version FROM monitor_schema").fetchone()["version"]
        return version

    def _refuse_unfit(self, db: Connection) -> None:
        ask = "SELECT current_schema() AS here, current_setting('server_encoding') AS encoding"
        row = db.execute(ask).fetchone()
        if row["here"] is None:
            raise StoreError(f"{self.name}: no schema of its search_path is there")
        if row["encoding"] != "UTF8":
            raise StoreError(f"{self.name}: is encoded in {row['encoding']}; it must be UTF8")

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Say in one line which store failed and why."""
        try:
            yield
        except psycopg.Error as error:
            # Gone, restarting, full of connections, waited too long: trying again helps.
            passes = isinstance(error, psycopg.OperationalError) and not isinstance(error, _TROUBLE)
            kind = StoreLocked if passes else StoreError
            raise kind(f"{self.name}: {_reason(error)}") from error


class _Text(StrDumper):
    """PostgreSQL keeps no NUL in text. In documents it is escaped; elsewhere it has no meaning."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def _alive(raw: Raw) -> bool:
    """Whether an idle connection is still there, as far as this end knows. Asks nobody: a server
    says nothing unasked but that it ends."""
    if raw.closed:
        return False
    poll = select.poll()
    poll.register(raw, select.POLLIN)
    return not poll.poll(0)


def _reason(error: psycopg.Error) -> str:
    match error:
        case errors.DiskFull():
            return "the disk is full; nothing was changed"
        case errors.ReadOnlySqlTransaction():
            return "is read-only"
        case errors.LockNotAvailable():
            return "is locked by another program"
        case psycopg.OperationalError() if (error.sqlstate or "57P").startswith("57P"):
            return f"is away: {_one_line(error)}"  # no answer, or one that it is shutting down
        case _:
            return error.diag.message_primary or _one_line(error)


def _one_line(error: psycopg.Error) -> str:
    return " ".join(str(error).split())

"""A SQLite file: connections, transactions, migrations, and errors a person can act on.

Each thread has its own connection. The writers of one process take turns by a lock of ours, because
SQLite's own waiting is a poll that may starve one of many; it serialises the processes.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import StoreBusy, StoreError, StoreLocked
from monitor.model import link_id
from monitor.store.sqlite.schema import MIGRATIONS, statements

BUSY_TIMEOUT_S = 10.0
_WAL_BYTES = 64 * 2**20  # what the log is cut back to after a burst


class _Connection(sqlite3.Connection):
    stream = sqlite3.Connection.execute  # it reads rows as they are asked for anyway


class Database:
    """The file ``path``, created where it is missing, with the newest schema."""

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path, self.name = path, str(path)
        self._busy_timeout_s = busy_timeout_s
        self._local = threading.local()
        self._connections: list[_Connection] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._migrate()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    @property
    def _db(self) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path,
                timeout=self._busy_timeout_s,
                isolation_level=None,  # transactions are begun where they are meant
                check_same_thread=False,  # close() closes every thread's connection
                factory=_Connection,
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            self._local.connection = connection
            with self._lock:
                self._connections.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[_Connection]:
        """All that is written inside, or nothing. Raises :class:`StoreError`."""
        with self._its_turn(), _named(self.path):
            db = self._db
            # IMMEDIATE: a writer that starts as a reader can meet SQLITE_BUSY no timeout helps.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # a full disk has rolled it back already
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    @contextmanager
    def _its_turn(self) -> Iterator[None]:
        # No longer than for another program: whoever is to end must not wait behind ten others.
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise StoreLocked(f"{self.path}: is locked by another program")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[_Connection]:
        """A connection to read from; never waits for writers."""
        with _named(self.path):
            yield self._db

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the store as its one daemon. Raises :class:`StoreBusy` where there is one already.

        The lock is the operating system's on a file beside the store: it ends with the process,
        however that ends.
        """
        name = self.path.with_name(self.path.name + ".lock")
        with _named(name), name.open("a") as file:
            for _ in range(20):  # somebody may just be looking whether it is held
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    time.sleep(0.01)
            else:
                raise StoreBusy(f"{self.path}: another monitor daemon runs on this store")
            yield

    def held(self) -> bool:
        """Whether a daemon holds the store now."""
        name = self.path.with_name(self.path.name + ".lock")
        try:
            with name.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:  # no such file: there has never been one
            return False
        return False

    def _migrate(self) -> None:
        if self._version() == len(MIGRATIONS):
            return
        with self.transaction() as db:
            db.create_function("link_id", 2, link_id, deterministic=True)
            # Asked again inside: another process may have migrated while we waited for the lock.
            version = self._version()
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"{self.path}: written by a newer monitor (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}); install that version"
                )
            for script in MIGRATIONS[version:]:
                for statement in statements(script):
                    db.execute(statement)
            # In the same transaction: a kill between leaves the old schema whole.
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _version(self) -> int:
        version: int = self._db.execute("PRAGMA user_version").fetchone()[0]
        return version


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say in one line which store failed and why."""
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "")
        # Extended codes such as SQLITE_BUSY_SNAPSHOT say why it is busy; it is busy all the same.
        kind = StoreLocked if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) else StoreError
        raise kind(f"{path}: {_reason(name, error)}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _reason(name: str, error: sqlite3.Error) -> str:
    match name:
        case "SQLITE_FULL":
            return "the disk is full; nothing was changed"
        case "SQLITE_READONLY" | "SQLITE_READONLY_DIRECTORY":
            return "is read-only"
        case "SQLITE_CANTOPEN":
            return "cannot be opened or created (is the folder there and writable?)"
        case "SQLITE_BUSY":
            return "is locked by another program"
        case "SQLITE_NOTADB":
            return "is not a monitor store"
        case "SQLITE_CORRUPT":
            return "is damaged; bring back a backup, or save what is left with sqlite3's .recover"
        case _:
            return str(error)

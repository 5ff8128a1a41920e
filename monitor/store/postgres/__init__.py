"""A store in PostgreSQL, for more than one machine: ``pip install 'monitor[postgres]'``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from monitor.store.postgres.server import Server
from monitor.store.sql import Dialect
from monitor.store.sqlstore import SqlStore

_LONGEST = 200  # characters of a word; an index takes a few kB


def terms(words: Sequence[str]) -> list[str]:
    """Search words as SQLite's tokenizer has them: in lower case, without accents, and cut at
    underscores. Of what is cut, each part must be there, in whatever order."""
    plain = unicodedata.normalize("NFD", " ".join(words).lower())
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    return sorted({term[:_LONGEST] for term in re.findall(r"[^\W_]+", plain)})


class PostgresStore(Server, SqlStore):
    """A :class:`~monitor.store.base.Store` in the database at ``url``."""

    dialect = Dialect(
        # The keys of a document cannot be read while a NUL is escaped anywhere in it.
        next_polls=(
            "SELECT name, doc ->> 'next_at' AS next_at, doc ->> 'stopped' AS stopped FROM"
            r" (SELECT name, replace(state, '\u0000', '\ufffd')::json AS doc FROM feeds) AS feeds"
        ),
        # An estimate, index rows and translations included: files never shrink, so how large they
        # are does not say whether enough was dropped.
        size="SELECT 2000 * count(*) + coalesce(sum(bytes), 0) * 3 / 2 AS bytes FROM posts",
        match="words @> ?",
        index=terms,
        ask=lambda words: terms(words) or [""],
    )

"""The SQLite schema, as migrations: each runs once, in one transaction, in order. The SQL function
``link_id`` is :func:`monitor.model.link_id`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE feeds (
        name TEXT PRIMARY KEY,
        state TEXT NOT NULL              -- FeedState as JSON
    ) STRICT;

    CREATE TABLE posts (
        n INTEGER PRIMARY KEY,           -- arrival order
        id TEXT NOT NULL UNIQUE,         -- platform:external_id
        source TEXT NOT NULL,
        at REAL NOT NULL,                -- publication, else collection; seconds since 1970
        collected_at REAL NOT NULL,
        version INTEGER NOT NULL DEFAULT 1,
        doc TEXT NOT NULL,               -- the current version as JSON
        deleted_at REAL,
        pending INTEGER NOT NULL DEFAULT 1,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0,
        last_error TEXT,
        seq INTEGER NOT NULL DEFAULT 0,  -- order of last change
        analysis TEXT,                   -- Analysis as JSON
        language TEXT,
        followed INTEGER,
        duplicate_of TEXT
    ) STRICT;
    CREATE INDEX posts_pending ON posts (at) WHERE pending = 1;
    CREATE INDEX posts_seq ON posts (seq) WHERE analysis IS NOT NULL;
    CREATE INDEX posts_at ON posts (at);
    CREATE INDEX posts_duplicate_of ON posts (duplicate_of) WHERE duplicate_of IS NOT NULL;

    CREATE TABLE versions (              -- earlier texts of edited posts
        post_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        doc TEXT NOT NULL,
        PRIMARY KEY (post_id, version)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE found_in (              -- every feed a post was found in
        post_id TEXT NOT NULL,
        feed TEXT NOT NULL,
        PRIMARY KEY (post_id, feed)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE pages (                 -- article pages opened
        url TEXT PRIMARY KEY,
        opened_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE links (
        post_id TEXT NOT NULL,
        event_id TEXT NOT NULL,
        probability REAL NOT NULL,
        status TEXT NOT NULL,
        PRIMARY KEY (post_id, event_id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX links_event ON links (event_id);

    CREATE TABLE decisions (             -- append-only
        n INTEGER PRIMARY KEY,
        post_id TEXT NOT NULL,
        doc TEXT NOT NULL
    ) STRICT;
    CREATE INDEX decisions_post ON decisions (post_id);

    CREATE TABLE translations (
        key TEXT PRIMARY KEY,
        doc TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Normalised text: SQLite's own tokenizer does not fold Arabic letter forms.
    CREATE VIRTUAL TABLE search USING fts5 (
        words, tokenize="unicode61 remove_diacritics 2"
    );
    """,
    """
    CREATE TABLE notes (                 -- what other rooms must not forget, such as alerts to send
        key TEXT PRIMARY KEY,
        doc TEXT NOT NULL,               -- JSON
        at REAL NOT NULL                 -- when it was noted, seconds since 1970
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- When a translation that is owed may be tried next; NULL where none is.
    ALTER TABLE posts ADD COLUMN translate_at REAL;
    UPDATE posts SET translate_at = 0
        WHERE language NOT IN ('en', 'und') AND json_extract(analysis, '$.translation') IS NULL;
    CREATE INDEX posts_owed ON posts (at) WHERE translate_at IS NOT NULL;
    """,
    """
    CREATE TABLE sequence (              -- the last place given out in the order of changes: a
        last INTEGER NOT NULL            -- pruned post's is never given again
    ) STRICT;
    INSERT INTO sequence SELECT coalesce(max(seq), 0) FROM posts;
    CREATE TABLE pruned (                -- dropped by retention; these do not come back
        id TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE translations ADD COLUMN kept_at REAL NOT NULL DEFAULT 0;
    DROP INDEX posts_pending;
    CREATE INDEX posts_pending ON posts (at, not_before, collected_at) WHERE pending = 1;
    CREATE INDEX posts_source ON posts (source, at);
    CREATE INDEX posts_collected ON posts (collected_at);
    """,
    """
    CREATE TABLE remembered (            -- the posts linked last, as the linker remembers them
        n INTEGER PRIMARY KEY,           -- the order in which they were first linked
        post_id TEXT NOT NULL UNIQUE,
        doc BLOB NOT NULL                -- the linker's own
    ) STRICT;
    """,
    """
    -- Link.id, by which people name links; those that only a person made stand in decisions.
    ALTER TABLE links ADD COLUMN link_id TEXT NOT NULL DEFAULT '';
    UPDATE links SET link_id = link_id(post_id, event_id);
    CREATE INDEX links_id ON links (link_id);
    ALTER TABLE decisions ADD COLUMN link_id TEXT;
    UPDATE decisions SET link_id = link_id(post_id, doc ->> '$.event_id')
        WHERE doc ->> '$.event_id' IS NOT NULL;
    CREATE INDEX decisions_link ON decisions (link_id) WHERE link_id IS NOT NULL;
    """,
    """
    -- To count what is owed without looking at a post: where nothing translates, that is most.
    CREATE INDEX posts_owing ON posts (language, collected_at, translate_at, pending, followed)
        WHERE translate_at IS NOT NULL AND pending = 0 AND followed = 1;
    """,
)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time, so that they can share one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

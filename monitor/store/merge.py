"""What two sightings of one post come to. Pure: the rules of keeping, without the keeping."""

from __future__ import annotations

from dataclasses import replace

from monitor.model import Author, Post


def merged(kept: Post, seen: Post) -> Post:
    """``kept``, with what ``seen`` adds.

    - Parents are collected: one post embedded in ten articles has ten.
    - A bare reference gains the text of a complete sighting, and never loses it again.
    - A complete sighting from the post's own platform replaces the text (an edit; also of a post
      quoted or forwarded there). An embed in an article does not: the article froze it then.
    - Who first found it, and when, stays.
    """
    parents = kept.parents + tuple(p for p in seen.parents if p not in kept.parents)
    at_home = all(parent.platform == seen.platform for parent in seen.parents)
    takes_text = seen.complete and (at_home or not kept.complete)
    if not takes_text:
        return replace(kept, parents=parents, author=_author(kept.author, seen.author))
    return replace(
        seen,
        source=kept.source,
        collected_at=kept.collected_at,
        published_at=kept.published_at or seen.published_at,
        published_raw=kept.published_raw or seen.published_raw,
        parents=parents,
        author=_author(seen.author, kept.author),
    )


def _author(first: Author, second: Author) -> Author:
    return Author(first.name or second.name, first.handle or second.handle, first.url or second.url)

"""The text of an article, by trafilatura in a child process that can really be cut off.

Extraction runs over pages that strangers wrote and may take for ever. One child serves the whole
program (it imports trafilatura, which takes a moment); cut off, it is killed and the next page
starts another. Run as a module, this file is the child.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from monitor.sources.child import Child, serve

CUT_OFF_S = 20.0
_COMMAND = (sys.executable, "-m", "monitor.sources.extraction")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What trafilatura made of a page. ``date`` is a day, ISO 8601; ``""`` and None: not found."""

    text: str = ""
    title: str | None = None
    author: str | None = None
    date: str | None = None


class Extractor:
    """Extracts one page at a time. ``command`` starts the child; it is for tests to change."""

    def __init__(self, cut_off_s: float = CUT_OFF_S, command: Sequence[str] = _COMMAND) -> None:
        self.cut_off_s = cut_off_s
        self._child = Child(command, cut_off_s)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="extraction")

    async def extract(self, html: str, url: str) -> Extracted | None:
        """The page's own text and title, or None where it took too long and was cut off."""
        loop = asyncio.get_running_loop()
        question = {"html": html, "url": url}
        found = await loop.run_in_executor(self._thread, self._child.ask, question)
        return None if found is None else Extracted(**found)

    def close(self) -> None:
        """End the child; a later ``extract`` starts another."""
        self._child.close()


def _answer(question: dict[str, str]) -> dict[str, Any]:
    from trafilatura import bare_extraction

    found: Any = bare_extraction(
        question["html"], url=question["url"], include_comments=False, with_metadata=True
    )
    if found is None:
        return {}
    return {
        "text": found.text or "",
        "title": found.title,
        "author": found.author,
        "date": found.date,
    }


if __name__ == "__main__":
    import trafilatura  # noqa: F401 - before the first question is asked

    serve(_answer)

"""The text of an article, by trafilatura in a child process that can really be cut off.

Extraction runs over pages that strangers wrote and may take for ever; a thread cannot be stopped,
a process can. One child serves the whole program and is started when first needed (it imports
trafilatura, which takes a moment); cut off, it is killed and the next page starts another. It ends
by itself when this process does, because its input ends then.

Run as a module, this file is the child: one JSON object a line in, one out.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TextIO

CUT_OFF_S = 20.0
_CHILD = (sys.executable, "-m", "monitor.sources.extraction")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What trafilatura made of a page. ``date`` is a day, ISO 8601; ``""`` and None: not found."""

    text: str = ""
    title: str | None = None
    author: str | None = None
    date: str | None = None


class Extractor:
    """Extracts one page at a time. ``command`` starts the child; it is for tests to change."""

    def __init__(self, cut_off_s: float = CUT_OFF_S, command: Sequence[str] = _CHILD) -> None:
        self.cut_off_s = cut_off_s
        self._command = tuple(command)
        self._child: subprocess.Popen[str] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="extraction")
        atexit.register(self.close)

    async def extract(self, html: str, url: str) -> Extracted | None:
        """The page's own text and title, or None where it took too long and was cut off."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._ask, html, url)

    def close(self) -> None:
        """End the child; a later ``extract`` starts another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _ask(self, html: str, url: str) -> Extracted | None:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(  # noqa: S603 - our own module, no shell
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
            )
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        timer = threading.Timer(self.cut_off_s, child.kill)
        timer.start()
        try:
            child.stdin.write(json.dumps({"html": html, "url": url}) + "\n")
            child.stdin.flush()
            answer = child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            self.close()
            return None
        return Extracted(**json.loads(answer))


def _serve(requests: TextIO, answers: TextIO) -> None:
    from trafilatura import bare_extraction

    for line in requests:
        request: dict[str, str] = json.loads(line)
        found: Any = bare_extraction(
            request["html"], url=request["url"], include_comments=False, with_metadata=True
        )
        answer = {}
        if found is not None:
            answer = {
                "text": found.text or "",
                "title": found.title,
                "author": found.author,
                "date": found.date,
            }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout)

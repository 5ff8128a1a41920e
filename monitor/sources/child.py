"""A process of ours for work that strangers can make endless, and that a thread could not stop.

Regular expressions and parsers hold the interpreter while they run: over a document written to be
slow they would stop the whole daemon. A child can be killed. It is started when first needed, keeps
running, and ends by itself when this process does, because its input ends then.
"""

from __future__ import annotations

import atexit
import json
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

START_WITHIN_S = 120.0
MEMORY = 2 * 1024**3  # bytes of address space a child may have; beyond it dies


class Child:
    """Answers one question at a time, both JSON values. ``command`` starts the process."""

    def __init__(self, command: Sequence[str], cut_off_s: float) -> None:
        self.cut_off_s = cut_off_s
        self._command = tuple(command)
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        atexit.register(self.close)

    def ask(self, question: Any) -> Any | None:
        """The answer, or None where there was none within ``cut_off_s``: the process was killed,
        or died. The next question starts another. Blocks; call it from a thread."""
        with self._turn:
            return self._ask(question)

    def _ask(self, question: Any) -> Any | None:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                process_group=0,  # Ctrl-C is for the daemon, which then ends its children
            )
            # What it imports takes seconds on a busy machine, and is no fault of the question.
            if not _line(self._process, START_WITHIN_S):
                self.close()
                return None
        answer = _line(self._process, self.cut_off_s, json.dumps(question) + "\n")
        if not answer.endswith("\n"):
            self.close()
            return None
        return json.loads(answer)

    def close(self) -> None:
        """End the process; a later ``ask`` starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with suppress(BrokenPipeError):  # what it was still to be told
                process.communicate()


def _line(process: subprocess.Popen[str], within_s: float, told: str = "") -> str:
    """The next line of the process, which is killed where that takes longer."""
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(within_s, process.kill)
    timer.start()
    try:
        process.stdin.write(told)
        process.stdin.flush()
        return process.stdout.readline()
    except BrokenPipeError:
        return ""
    finally:
        timer.cancel()


def serve(answer: Callable[[Any], Any]) -> None:
    """What a child does: say that it is there, then answer every line of its input."""
    print(flush=True)
    with suppress(ValueError, OSError):  # not every system can limit it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()

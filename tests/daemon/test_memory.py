"""What the analysing process used once and needs no more is not held for ever."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest

from monitor.analysis import give_back_memory

MB = 2**20
GLIBC = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "malloc_trim")


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not GLIBC, reason="only glibc keeps what was freed in the middle of its heap")
def test_what_was_freed_is_given_back_to_the_system() -> None:
    held = [bytes(4096) for _ in range(20_000)]
    pins = held[::50]  # what is still in use lies between what is not
    full = resident()
    del held
    give_back_memory()
    assert resident() < full - 60 * MB
    assert len(pins) == 400

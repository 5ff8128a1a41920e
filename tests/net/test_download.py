"""Large files: resumed, verified, and in place only when whole."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import BadStatus, FetchError, Unreachable
from monitor.net.download import Downloaded, download
from tests.translate.hub import Hub, running_hub

BODY = bytes(range(256)) * 4096
SUM = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as hub:
        hub.files["/a/b/resolve/main/model.bin"] = BODY
        hub.files["/plain.bin"] = BODY
        yield hub


def _get(url: str, path: Path, sha256: str | None = None) -> Downloaded:
    return asyncio.run(download(url, path, sha256=sha256))


def test_a_file_arrives_whole_and_alone(hub: Hub, tmp_path: Path) -> None:
    got = _get(f"{hub.url}/plain.bin", tmp_path / "f", SUM)
    assert (got.size, got.sha256, got.verified) == (len(BODY), SUM, True)
    assert (tmp_path / "f").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_the_checksum_that_a_hub_names_in_its_redirect_is_held_to(hub: Hub, tmp_path: Path) -> None:
    url = f"{hub.url}/a/b/resolve/main/model.bin"
    assert _get(url, tmp_path / "f").verified
    hub.wrong_checksum = True
    with pytest.raises(FetchError, match="SHA-256"):
        _get(url, tmp_path / "g")
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_without_any_checksum_it_is_not_called_verified(hub: Hub, tmp_path: Path) -> None:
    assert not _get(f"{hub.url}/plain.bin", tmp_path / "f").verified


def test_a_transfer_that_breaks_off_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    hub.stop_after = 300_000
    with pytest.raises(Unreachable, match="run it again"):
        _get(f"{hub.url}/plain.bin", tmp_path / "f", SUM)
    assert not (tmp_path / "f").exists()
    got = _get(f"{hub.url}/plain.bin", tmp_path / "f", SUM)
    assert 0 < got.resumed_at <= 300_000
    assert (tmp_path / "f").read_bytes() == BODY


def test_a_file_that_changed_meanwhile_is_begun_anew(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(b"of another version")
    (tmp_path / "f.part.etag").write_text('"v0"')
    assert _get(f"{hub.url}/plain.bin", tmp_path / "f", SUM).resumed_at == 0


def test_a_missing_file_is_an_error_with_its_status(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(BadStatus, match="404"):
        _get(f"{hub.url}/nothing", tmp_path / "f")

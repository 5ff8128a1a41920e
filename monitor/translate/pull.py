"""Getting a model: fetched, verified, converted where needed, loaded once, then put in place.

Everything happens in ``models/.pull-NAME``; the model's own folder appears in one step, whole. What
an interrupted pull has fetched is used by the next.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import yaml

from monitor.errors import FetchError, ModelError
from monitor.net.download import download
from monitor.net.values import Limits
from monitor.translate.engine import Engine, Settings, kinds
from monitor.translate.folder import (
    DESCRIPTION,
    Description,
    damage,
    read_description,
    recognise,
    sha256,
)
from monitor.translate.manifest import Entry

HUB = "https://huggingface.co"
_LARGEST_MEMBER = 8 << 30  # bytes unpacked: no translation model is larger

Progress = Callable[[str, int, int | None], None]
"""Called with a file's name, the bytes there so far and, where known, of all."""


async def pull(
    name: str,
    entry: Entry,
    models: Path,
    *,
    hub: str = HUB,
    limits: Limits = Limits(),  # noqa: B008 — immutable
    progress: Progress | None = None,
) -> Path:
    """Fetch ``entry`` and install it as ``models/name``. Raises ModelError with the manual steps
    where it cannot be fetched, and where what came is no working model."""
    staging = models / f".pull-{name}"
    arrived = staging / "arrived"
    try:
        arrived.mkdir(parents=True, exist_ok=True)
        for url, path, checksum in _files(entry, arrived, hub):
            if path.exists():
                continue
            told = _told(progress, path.name)
            await download(url, path, sha256=checksum, limits=limits, progress=told)
    except FetchError as error:
        raise ModelError(
            f"{name} could not be fetched: {error}. {_by_hand(name, entry, hub)}"
        ) from None
    except OSError as error:
        raise ModelError(f"{arrived}: cannot be written: {error.strerror}") from None
    return install(name, entry, arrived, models)


def _files(entry: Entry, folder: Path, hub: str) -> list[tuple[str, Path, str | None]]:
    if entry.archive is not None:
        return [(entry.archive, folder / entry.archive.rpartition("/")[2], entry.sha256)]
    base = f"{hub.rstrip('/')}/{entry.repository}/resolve/{entry.revision}"
    return [(f"{base}/{file}", folder / file, None) for file in entry.files]


def _told(progress: Progress | None, name: str) -> Callable[[int, int | None], None] | None:
    return None if progress is None else lambda done, size: progress(name, done, size)


def _by_hand(name: str, entry: Entry, hub: str) -> str:
    where = entry.archive or f"the files of {hub}/{entry.repository}"
    return (
        f"Where the hub can be reached, download {where}, copy it here, and run "
        f"`monitor models pull {name} --from PATH`"
    )


def install(name: str, entry: Entry | None, given: Path, models: Path) -> Path:
    """Install what lies at ``given`` (a zip file or a folder: a Marian archive or a model folder)
    as ``models/name``. Raises ModelError."""
    staging = models / f".pull-{name}"
    ready = staging / "ready"
    try:
        shutil.rmtree(ready, ignore_errors=True)
        staging.mkdir(parents=True, exist_ok=True)
        folder = _unpacked(given, staging / "unpacked")
        if (folder / "decoder.yml").exists():
            convert_marian(folder, ready)
        else:
            shutil.copytree(folder, ready)
        # A folder is recognised by its name, too.
        named = staging / name
        shutil.rmtree(named, ignore_errors=True)
        ready.rename(named)
        description = _describe(named, name, entry)
        load(named, description)
        target = models / name
        old = staging / "old"
        if target.exists():
            target.rename(old)
        named.rename(target)
        shutil.rmtree(staging)
    except OSError as error:
        raise ModelError(f"{models / name}: cannot be installed: {error}") from None
    return target


def _unpacked(given: Path, into: Path) -> Path:
    if given.is_dir():
        archives = sorted(given.glob("*.zip"))
        if not archives:
            return given
        given = archives[0]
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    try:
        with zipfile.ZipFile(given) as archive:
            for member in archive.infolist():
                # Marian archives are flat; whatever path a member claims, it lands in the folder.
                file = Path(member.filename).name
                if member.is_dir() or not file:
                    continue
                if member.file_size > _LARGEST_MEMBER:
                    raise ModelError(f"{given}: {file} would unpack to {member.file_size:,} bytes")
                with archive.open(member) as source, (into / file).open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelError(f"{given}: is no whole zip file ({error}); fetch it again") from None
    return into


def convert_marian(folder: Path, into: Path) -> None:
    """An original Marian archive as a CTranslate2 int8 folder, with CTranslate2's own converter:
    numpy only, no torch. Raises ModelError."""
    from ctranslate2.converters import OpusMTConverter

    try:
        OpusMTConverter(str(folder)).convert(str(into), quantization="int8", force=True)
    except Exception as error:  # noqa: BLE001 — the converter raises whatever a file makes it
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"{folder}: cannot be converted: {reason}") from None
    for kind in ("source", "target"):
        found = sorted(folder.glob(f"{kind}*.spm"))
        if not found:
            raise ModelError(
                f"{folder}: has no {kind}.spm; models with BPE codes are not supported"
            )
        shutil.copy(found[0], into / f"{kind}.spm")
    for file in ("README.md", "LICENSE"):
        if (folder / file).exists():
            shutil.copy(folder / file, into / file)


def _describe(folder: Path, name: str, entry: Entry | None) -> Description:
    """Write ``monitor-model.yaml`` where there is none: what it is, with every file's checksum."""
    path = folder / DESCRIPTION
    if path.exists():
        return read_description(folder)
    files = sorted(p.name for p in folder.iterdir() if p.is_file())
    changes: dict[str, object] = {
        "name": name,
        "checksums": {file: sha256(folder / file) for file in files},
    }
    if entry is not None:
        changes |= {"rank": entry.rank, "licence": entry.licence}
        changes["origin"] = entry.archive or entry.repository
    description = recognise(folder).model_copy(update=changes)
    value = description.model_dump(mode="json", exclude_defaults=True)
    path.write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return description


def load(folder: Path, description: Description) -> Engine | None:
    """Load the model as its engine would, and translate a word. None where the engine itself is
    not installed here. Raises ModelError."""
    for offer in kinds()[description.engine].offers(Settings(folder.parent)):
        if offer.path == folder:
            if offer.problem is not None:
                return None
            engine = offer.load()
            source, target = sorted(engine.pairs)[0]
            engine.translate(["1"], source, target)
            return engine
    raise ModelError(f"{folder}: the {description.engine} engine does not recognise it")


def check_folder(folder: Path) -> list[str]:
    """Everything wrong with an installed model folder; empty where it works."""
    try:
        description = read_description(folder)
        if description.engine == "marian":
            return [
                "an original Marian archive, not converted: run "
                f"`monitor models pull {folder.name} --from {folder}`"
            ]
        found = damage(folder, description)
        if not found and load(folder, description) is None:
            found = [f"the {description.engine} engine is not installed here"]
    except ModelError as error:
        return [str(error)]
    return found

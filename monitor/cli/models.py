"""``monitor models``: what translates, what could, and whether it is whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click

from monitor.cli._options import json_option, print_json
from monitor.errors import ModelError

_models = click.option(
    "--models",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("models"),
    show_default=True,
    help="The folder of models.",
)


@click.group()
def command() -> None:
    """List, get and check translation models."""


@command.command("list")
@_models
@json_option
def list_(models: Path, as_json: bool) -> None:
    """What is installed in the folder, and what can be had."""
    from monitor.translate.folder import folders, read_description
    from monitor.translate.manifest import read_manifest

    rows: list[dict[str, Any]] = []
    for folder in folders(models):
        row: dict[str, Any] = {"name": folder.name, "installed": True}
        try:
            known = read_description(folder)
        except ModelError as error:
            rows.append(row | {"problem": str(error)})
            continue
        row |= {"name": known.name, "pairs": ["-".join(pair) for pair in known.pairs]}
        rows.append(row | {"engine": known.engine, "draft": known.draft, "licence": known.licence})
    names = {row["name"] for row in rows}
    for name, entry in read_manifest(models).items():
        if name not in names:
            row = {"name": name, "installed": False, **entry.model_dump(mode="json")}
            rows.append(row)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        pairs = " ".join(row.get("pairs") or ["?"])
        state = "installed" if row["installed"] else f"{row['size_mb']} MB to fetch"
        more = row.get("problem") or row.get("summary") or ("draft" if row.get("draft") else "")
        licence = row.get("licence") or "licence not stated"
        click.echo(f"{row['name']}  {pairs}  {state}  {licence}  {more}".rstrip())


@command.command()
@click.argument("name")
@_models
@click.option("--hub", envvar="MONITOR_HUB", help="Another model hub or mirror, by its URL.")
@click.option(
    "--from",
    "given",
    type=click.Path(path_type=Path, exists=True),
    help="A zip file or folder copied from elsewhere, instead of the hub.",
)
def pull(name: str, models: Path, hub: str | None, given: Path | None) -> None:
    """Fetch a model, verify and convert it, and put it into the folder."""
    from monitor.translate.manifest import read_manifest
    from monitor.translate.pull import HUB, install
    from monitor.translate.pull import pull as fetch

    entry = read_manifest(models).get(name)
    if given is not None:
        click.echo(f"{name} is ready in {install(name, entry, given, models)}")
        return
    if entry is None:
        known = ", ".join(read_manifest(models))
        raise ModelError(f"no model {name!r} in the manifest: there are {known}")
    shown = ""

    def progress(file: str, done: int, size: int | None) -> None:
        nonlocal shown
        of = f" of {size / 1e6:.0f}" if size else ""
        line = f"{file}: {done / 1e6:.0f}{of} MB"
        if line != shown:
            click.echo(f"\r{line} ", nl=done == size, err=True)
            shown = line

    folder = asyncio.run(fetch(name, entry, models, hub=hub or HUB, progress=progress))
    click.echo(f"{name} is ready in {folder}")


@command.command()
@_models
@json_option
def check(models: Path, as_json: bool) -> None:
    """Read every installed model whole, compare checksums, load it and translate a word."""
    from monitor.translate.folder import folders
    from monitor.translate.pull import check_folder

    found = {folder.name: check_folder(folder) for folder in folders(models)}
    if as_json:
        print_json(found)
    for name, problems in found.items():
        if not as_json:
            click.echo(f"{name}: {'; '.join(problems) or 'works'}")
    if not found and not as_json:
        click.echo(f"no models in {models}: see `monitor models list`")
    if any(found.values()):
        bad = ", ".join(name for name, problems in found.items() if problems)
        raise ModelError(f"not in order: {bad}")

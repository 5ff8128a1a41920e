"""``monitor evaluate``: how good the parts are, on labelled data people bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from monitor.cli._options import json_option, print_json
from monitor.errors import InputError

_file = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Measure language detection, linking, discovery or translation on labelled data."""


@command.command()
@click.argument("rows", type=_file)
@json_option
def language(rows: Path, as_json: bool) -> None:
    """ROWS is JSONL: {"text", "lang"}; lang is a code, "other", or "und" to abstain."""
    from monitor.text.evaluate import evaluate_language, read_rows
    from monitor.text.language import LanguageDetector

    _print(evaluate_language(read_rows(rows), LanguageDetector(), file=str(rows)), as_json)


@command.command()
@click.option("--events", "events_path", type=_file, required=True, help="Known events.")
@click.option("--posts", type=_file, required=True, help='JSONL with event_id or "NIL".')
@click.option("--ignore-time", is_flag=True, help="Link by the text alone.")
@json_option
def linking(events_path: Path, posts: Path, ignore_time: bool, as_json: bool) -> None:
    """Link labelled posts to labelled events."""
    from monitor.link import load_events
    from monitor.link.evaluate import evaluate_linking

    events = load_events([events_path])
    rows = _posts(posts, dated=not ignore_time)
    _print(evaluate_linking(events, rows, ignore_time=ignore_time), as_json)


@command.command()
@click.option("--posts", type=_file, required=True, help="JSONL with event_id.")
@json_option
def discovery(posts: Path, as_json: bool) -> None:
    """Cluster a stream of posts by time, with no events given."""
    from monitor.link.evaluate import evaluate_discovery

    _print(evaluate_discovery(_posts(posts, dated=True)), as_json)


@command.command()
@click.option("--source", type=_file, required=True, help="One sentence a line.")
@click.option("--reference", type=_file, required=True, help="Its English, line by line.")
@click.option("--from", "language", required=True, help="Language of the source: ar or fr.")
@click.option("--models", type=click.Path(path_type=Path), default=Path("models"))
@click.option("--engine", default="auto", show_default=True)
@json_option
def translation(
    source: Path, reference: Path, language: str, models: Path, engine: str, as_json: bool
) -> None:
    """Translate SOURCE and compare with REFERENCE (BLEU and chrF by sacrebleu)."""
    from monitor.translate.evaluate import evaluate_translation

    sources, references = _lines(source), _lines(reference)
    if len(sources) != len(references):
        raise InputError(
            f"{source} has {len(sources)} lines and {reference} {len(references)};"
            " they must match line by line"
        )
    _print(evaluate_translation(sources, references, language, models, engine=engine), as_json)


def _posts(path: Path, *, dated: bool) -> Iterator[dict[str, Any]]:
    """The labelled posts of a JSONL file. Raises :class:`InputError` naming file and line."""
    from monitor.link.evaluate import read_posts
    from monitor.text.evaluate import read_rows

    for number, row in read_rows(path):
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: a post must be a JSON object")
        try:
            read_posts([row], dated=dated)
        except InputError as error:
            raise InputError(f"{path}:{number}: {str(error).removeprefix('post 1: ')}") from None
        yield row


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    # Not splitlines(): U+2028 and the like stand inside sentences and JSON strings.
    return lines[:-1] if lines[-1] == "" else lines


def _print(result: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    for key, value in result.items():
        if isinstance(value, dict):
            for inner, numbers in value.items():
                click.echo(f"{key} {inner}: {_number(numbers)}")
        else:
            click.echo(f"{key}: {_number(value)}")


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, dict):
        return "  ".join(f"{key} {_number(inner)}" for key, inner in value.items())
    return str(value)

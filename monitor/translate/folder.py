"""A model folder: what it holds, which languages it serves, whether it is whole.

A folder describes itself in ``monitor-model.yaml`` (``models/README.md`` has every key). One that
has no such file is recognised by what model hubs put into it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from monitor.errors import ModelError
from monitor.translate.masks import Masks

DESCRIPTION = "monitor-model.yaml"
Format = Literal["ctranslate2", "transformers", "marian"]
Family = Literal["opus", "nllb", "m2m", "own"]

_PAIR_AT_END = re.compile(
    r"(?<![a-z])([a-z]{2,3})[-_]([a-z]{2,3})(?:[-_](?:ct2|ctranslate2|int8))*$"
)
_CHUNK = 1 << 20
_SHIPPED = (
    Path(__file__).parents[2] / "models",
    Path(sysconfig.get_path("data")) / "share" / "monitor" / "models",
)


class Description(BaseModel):
    """``monitor-model.yaml``. Unknown keys are kept out of the way: newer tools may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)
    engine: Format = "ctranslate2"
    hub: str | None = None  # transformers: a model's name on the hub, instead of files here
    family: Family = "own"
    source_tokenizer: str | None = None  # *.json (tokenizers) or *.model, *.spm (SentencePiece)
    target_tokenizer: str | None = None
    source_prefix: Mapping[str, tuple[str, ...]] = {}  # tokens before the source, by language
    source_suffix: tuple[str, ...] | None = None  # tokens after it; None: </s> where needed
    target_prefix: Mapping[str, tuple[str, ...]] = {}  # tokens the target starts with
    masks: Masks = Masks()
    draft: bool = False
    beam: int = Field(default=4, ge=1, le=16)
    length_penalty: float = Field(default=1.0, ge=0)
    repetition_penalty: float = Field(default=1.0, ge=0.5, le=2)
    no_repeat_ngram: int = Field(default=0, ge=0)
    max_tokens: int = Field(default=200, ge=8, le=1024)  # of one sentence
    unsure_below: float | None = None  # mean log-probability of a token: doubt what is under it
    rank: float = 0.0  # BLEU to English on FLORES where known: what `auto` orders by
    licence: str | None = None
    origin: str | None = None
    checksums: Mapping[str, str] = {}  # file name → SHA-256, hexadecimal

    @field_validator("pairs", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        """``ar-en`` is the same as ``[ar, en]``."""
        if not isinstance(value, (list, tuple)):
            return value
        return [tuple(item.split("-", 1)) if isinstance(item, str) else item for item in value]

    @field_validator("source_prefix", "target_prefix", mode="before")
    @classmethod
    def _tokens(cls, value: object) -> object:
        """One token is the same as a list of one."""
        if not isinstance(value, Mapping):
            return value
        return {key: [item] if isinstance(item, str) else item for key, item in value.items()}

    @field_validator("source_tokenizer", "target_tokenizer")
    @classmethod
    def _inside(cls, value: str | None) -> str | None:
        if value is not None and (Path(value).is_absolute() or ".." in Path(value).parts):
            raise ValueError("must lie in the model's own folder")
        return value


def read_description(folder: Path) -> Description:
    """What ``folder`` is. Raises ModelError, naming the folder and what is wrong with it."""
    path = folder / DESCRIPTION
    if not path.exists():
        return recognise(folder)
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Description.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ModelError(f"{path}: {where}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None


def recognise(folder: Path) -> Description:
    """Describe a folder that somebody copied from a model hub, by what is in it.

    Raises ModelError where it is no translation model, or its languages cannot be told.
    """
    files = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if "model.bin" in files:
        kind: Format = "ctranslate2"
    elif "decoder.yml" in files:
        kind = "marian"
    elif "config.json" in files and files & {"pytorch_model.bin", "model.safetensors"}:
        kind = "transformers"
    else:
        raise ModelError(
            f"{folder}: holds no translation model (no model.bin, decoder.yml or config.json)"
        )
    if "sentencepiece.bpe.model" in files or (
        "tokenizer.json" in files and "source.spm" not in files
    ):
        return _many_languages(folder, kind, files)
    match = _PAIR_AT_END.search(folder.name.lower())
    if match is None:
        raise ModelError(
            f"{folder}: which languages? Name the folder like opus-mt-ar-en, or add {DESCRIPTION}"
        )
    pair = (_iso1(match[1]), _iso1(match[2]))
    return Description(
        name=folder.name,
        pairs=(pair,),
        engine=kind,
        family="opus",
        source_tokenizer="source.spm" if "source.spm" in files else None,
        target_tokenizer="target.spm" if "target.spm" in files else None,
    )


_NLLB = {"ar": "arb_Arab", "fr": "fra_Latn", "en": "eng_Latn"}
_M2M = {"ar": "__ar__", "fr": "__fr__", "en": "__en__"}
_ISO3 = {"ara": "ar", "arb": "ar", "fra": "fr", "fre": "fr", "eng": "en"}


def _iso1(code: str) -> str:
    return _ISO3.get(code, code)


def _many_languages(folder: Path, kind: Format, files: set[str]) -> Description:
    """NLLB or M2M-100, told apart by the language tokens of their vocabulary or by the class of
    their tokenizer (transformers 5 writes no such tokens)."""
    text = "".join(
        (folder / name).read_text(encoding="utf-8", errors="replace")
        for name in sorted(files)
        if name.endswith(("vocabulary.txt", "vocabulary.json", "tokenizer.json", "vocab.json"))
        or name in ("special_tokens_map.json", "added_tokens.json", "tokenizer_config.json")
    )
    for family, codes, tokenizer in (
        ("nllb", _NLLB, "NllbTokenizer"),
        ("m2m", _M2M, "M2M100Tokenizer"),
    ):
        if tokenizer in text or all(code in text for code in codes.values()):
            pieces = (
                "sentencepiece.bpe.model"
                if "sentencepiece.bpe.model" in files
                else "tokenizer.json"
            )
            return Description.model_validate(
                {
                    "name": folder.name,
                    "pairs": [(source, "en") for source in ("ar", "fr")],
                    "engine": kind,
                    "family": family,
                    "source_tokenizer": pieces,
                    "target_tokenizer": pieces,
                    "source_prefix": {k: codes[k] for k in ("ar", "fr")},
                    "target_prefix": {"en": codes["en"]},
                }
            )
    raise ModelError(f"{folder}: its vocabulary has no known language tokens; add {DESCRIPTION}")


def shipped() -> tuple[Path, ...]:
    """Where the program's own model may be: beside the source in a clone, or where the wheel puts
    its data. ``MONITOR_SHIPPED_MODELS`` names another folder, or none where it is empty."""
    given = os.environ.get("MONITOR_SHIPPED_MODELS")
    if given is None:
        return _SHIPPED
    return (Path(given),) if given else ()


def folders(models: Path) -> Iterator[Path]:
    """The folders that may hold a model, by name: those in ``models``, then those that came with
    the program, unless ``models`` has one of that name."""
    names: set[str] = set()
    for place in (models, *shipped()):
        if place.is_dir():
            found = sorted(
                path
                for path in place.iterdir()
                if path.is_dir() and not path.name.startswith(".") and path.name not in names
            )
            names.update(path.name for path in found)
            yield from found


def snapshot(models: Path) -> frozenset[tuple[str, int, int]]:
    """Path, time of last change (ns) and size of every file of every model folder: whatever is
    copied in, replaced or removed makes it another."""
    found = set()
    for folder in folders(models):
        try:
            with os.scandir(folder) as files:
                for file in files:
                    stat = file.stat()
                    found.add((file.path, stat.st_mtime_ns, stat.st_size))
        except OSError:
            continue  # removed while we looked: the next look sees it gone
    return frozenset(found)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def damage(folder: Path, description: Description) -> list[str]:
    """Every way in which the folder's files are not what its checksums say. Reads them whole."""
    found = []
    for name, wanted in description.checksums.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif sha256(path) != wanted.lower():
            found.append(f"{name} is damaged: its SHA-256 is not the one in {DESCRIPTION}")
    return found


def model_config(folder: Path) -> dict[str, Any]:
    """CTranslate2's ``config.json``; empty where there is none."""
    path = folder / "config.json"
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {error}") from None
    return value if isinstance(value, dict) else {}


def described(models: Path, engine: str) -> Iterator[tuple[Path, Description]]:
    """The model folders in ``models`` for ``engine``, with what they say of themselves."""
    for folder in folders(models):
        try:
            description = read_description(folder)
        except ModelError:
            continue  # `monitor models check` tells about it
        if description.engine == engine:
            yield folder, description

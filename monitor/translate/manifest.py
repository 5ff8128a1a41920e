"""``manifest.yaml``: the models that can be had, and where."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.errors import ModelError


class Quality(BaseModel):
    """A published figure: BLEU and chrF in 0…100, and who says so."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    test: str
    bleu: float | None = None
    chrf: float | None = None
    source: str


class Entry(BaseModel):
    """One model. It comes as an original Marian ``archive`` (a zip file, converted here) or as the
    ``files`` of a hub ``repository``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str
    pairs: tuple[str, ...] = Field(min_length=1)  # "ar-en"
    engine: Literal["ctranslate2", "transformers"]
    licence: str
    size_mb: int
    archive: str | None = None
    repository: str | None = None
    revision: str = "main"
    files: tuple[str, ...] = ()
    sha256: str | None = None  # of the archive
    rank: float = 0.0
    quality: tuple[Quality, ...] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Entry:
        if (self.archive is None) == (self.repository is None):
            raise ValueError("needs an archive or a repository, not both")
        if self.repository is not None and not self.files:
            raise ValueError("a repository needs its files")
        return self


def read_manifest(models: Path) -> dict[str, Entry]:
    """The entries by name: from ``models/manifest.yaml`` where there is one, else the list that
    came with the program. Raises ModelError naming the file and what is wrong."""
    path = models / "manifest.yaml"
    try:
        if path.exists():
            text = path.read_text(encoding="utf-8")
        else:
            text = (resources.files("monitor.translate") / "data/manifest.yaml").read_text("utf-8")
        value = yaml.safe_load(text)
        return {name: Entry.model_validate(item) for name, item in value["models"].items()}
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, AttributeError, TypeError) as e:
        raise ModelError(f"{path}: cannot be read: {str(e).splitlines()[0]}") from None

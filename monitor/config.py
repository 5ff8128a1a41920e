"""``config.yaml`` → typed settings.

Every key has a default; unknown keys are errors. All problems are found before anything starts and
reported together, each with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.errors import ConfigError, Problem
from monitor.model import CONFIRM, SUGGEST, Feed
from monitor.show.alerts.read import read_rules
from monitor.show.alerts.settings import Rule
from monitor.yamlfile import Duration, Size, YamlFile, read_yaml, suggest, validation_problems

_NAME = re.compile(r"[\w.-]+")


class Settings(BaseModel):
    """The base of all sections: immutable, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Translate(Settings):
    """How posts are put into English."""

    to: Literal["en"] = "en"
    engine: str = "auto"
    models: Path = Path("models")
    url: str | None = None  # of a LibreTranslate-compatible server
    key_env: str | None = None  # name of the environment variable that holds its key
    glossary: Path | None = None
    per_hour: int | None = Field(default=None, ge=1)  # characters translated afresh; None: any


class Linking(Settings):
    """Probabilities from which a link is suggested and confirmed, and what linking goes by.

    Thresholds given here count; else those that ``monitor tune`` chose, where it was applied.
    """

    suggest: float = Field(default=SUGGEST, gt=0, le=1)
    confirm: float = Field(default=CONFIRM, gt=0, le=1)
    tuned: Path = Path("tuned")  # folder of the weights that `monitor tune` writes
    relink: Duration = 7 * 86400.0  # how far back posts are linked again when events change

    @model_validator(mode="after")
    def _in_order(self) -> Linking:
        if self.suggest > self.confirm:
            raise ValueError("suggest must not be above confirm")
        return self


class PollRate(Settings):
    """A feed is asked as often as it publishes, between these bounds."""

    every: Duration = 300.0  # seconds; never more often
    at_least: Duration = 3600.0  # seconds; never less often while it is well
    concurrency: int = Field(default=32, ge=1, le=512)

    @model_validator(mode="after")
    def _in_order(self) -> PollRate:
        if self.every > self.at_least:
            raise ValueError("every must not be longer than at_least")
        return self


class Net(Settings):
    """How the monitor meets other people's servers."""

    contact: str = ""  # in the User-Agent, so that a site's owner can reach you
    allow: tuple[str, ...] = ()  # private hosts or networks that may be reached
    proxy: str | None = None


class Keep(Settings):
    """How much is kept. Reviewed posts always are; without either bound, everything is."""

    age: Duration | None = None  # seconds since a post was collected
    size: Size | None = None  # bytes of the store


class Health(Settings):
    """Where the daemon answers /healthz, /readyz and /metrics; nowhere without a port."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65535)  # 0: any that is free


class Log(Settings):
    """How the daemon logs, on stderr."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "warning"


class Config(Settings):
    """The whole of ``config.yaml``. Relative paths are relative to the file's folder."""

    store: str = "monitor.db"  # a path, or postgresql://…
    events: tuple[Path, ...] = (Path("events.yaml"),)
    languages: tuple[str, ...] = ("ar", "fr", "en")
    keep_others: bool = False  # keep posts in languages that are not followed
    translate: Translate = Translate()
    link: Linking = Linking()
    poll: PollRate = PollRate()
    net: Net = Net()
    keep: Keep = Keep()
    health: Health = Health()
    log: Log = Log()
    feeds: tuple[Feed, ...] = ()
    alerts: tuple[Rule, ...] = ()
    folder: Path = Field(default=Path(), exclude=True)  # where the file lies; not a key of it

    def path(self, relative: Path | str) -> Path:
        """``relative`` seen from the folder of the config file."""
        return self.folder / Path(relative).expanduser()

    @property
    def store_url(self) -> str:
        """The store as a path seen from here, or a URL as it is."""
        return self.store if "://" in self.store else str(self.path(self.store))


def load_config(path: Path) -> Config:
    """Read and check ``path``. Raises :class:`ConfigError` with every problem in it."""
    file = read_yaml(path)
    problems = list(file.problems)
    if not isinstance(file.value, dict):
        raise ConfigError([*problems, file.problem((), "must be a mapping of settings")])
    raw: dict[str, Any] = {str(key): value for key, value in file.value.items()}
    alerts = raw.pop("alerts", None) or []
    feeds = list(_feeds(file, path.parent, raw.pop("feeds", None) or [], problems))
    known = [name for name in Config.model_fields if name != "folder"]
    if "folder" in raw:
        problems.append(file.problem(("folder",), "unknown key 'folder'"))
        del raw["folder"]
    config = Config(folder=path.parent)
    try:
        # A section left empty ("alerts:") means its default.
        given = {key: value for key, value in raw.items() if value is not None}
        config = Config(**given, feeds=tuple(feeds), folder=path.parent)
    except ValidationError as error:
        problems += validation_problems(file, error, known=known)
    else:
        problems += _missing_files(file, config)
    rules = read_rules(
        file, alerts, problems, feeds=_named(file.value.get("feeds")), languages=config.languages
    )
    config = config.model_copy(update={"alerts": tuple(rules)})
    if problems:
        raise ConfigError(sorted(problems, key=lambda p: p.line or 0))
    return config


def _missing_files(file: YamlFile, config: Config) -> Iterator[Problem]:
    for index, events in enumerate(config.events):
        if "events" in config.model_fields_set and not config.path(events).exists():
            yield file.problem(("events", index), f"events: no file or folder {str(events)!r}")
    glossary = config.translate.glossary
    if glossary and not config.path(glossary).exists():
        yield file.problem(("translate", "glossary"), f"no file {str(glossary)!r}")


def _named(feeds: Any) -> set[str]:
    """The names of feeds as they are written, also of those that are wrong otherwise."""
    entries = feeds if isinstance(feeds, list) else []
    return {str(entry.get("name")) for entry in entries if isinstance(entry, dict)}


def _feeds(file: YamlFile, folder: Path, raw: Any, problems: list[Problem]) -> Iterator[Feed]:
    if not isinstance(raw, list):
        problems.append(file.problem(("feeds",), "feeds must be a list"))
        return
    from monitor import sources  # settings are also read where nothing is fetched

    kinds = sources.kinds()
    names: dict[str, int | None] = {}
    for index, entry in enumerate(raw):
        here = ("feeds", index)
        if not isinstance(entry, dict):
            problems.append(file.problem(here, "a feed must be a mapping with name and kind"))
            continue
        options = {str(key): value for key, value in entry.items()}
        name, kind = options.pop("name", None), options.pop("kind", None)
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            say = "a feed needs a name of letters, digits, '.', '_' or '-'"
            problems.append(file.problem((*here, "name"), say))
        elif name in names:
            say = f"feed {name!r} stands already in line {names[name]}"
            problems.append(file.problem((*here, "name"), say))
        else:
            names[name] = file.line((*here, "name"))
        if kind not in kinds:
            what = "kind is missing" if kind is None else f"unknown kind {kind!r}"
            hint = suggest(str(kind), kinds) or f" (there are {', '.join(kinds)})"
            problems.append(file.problem((*here, "kind"), f"feed {name!r}: {what}{hint}"))
            continue
        model = kinds[kind].options
        try:
            # A relative path in an option is relative to the config file, like every other.
            checked = model.model_validate(options, context={"folder": folder})
        except ValidationError as error:
            for problem in validation_problems(file, error, here, [*model.model_fields, "kind"]):
                said = f"feed {name!r}: {problem.message}"
                problems.append(Problem(problem.file, problem.line, said))
        else:
            yield Feed(str(name), kind, checked)

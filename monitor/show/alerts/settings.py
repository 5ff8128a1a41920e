"""What ``alerts`` in ``config.yaml`` may say, checked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from monitor.model import LinkStatus
from monitor.yamlfile import Duration


class Section(BaseModel):
    """The base of all parts: immutable, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _web(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {value!r}")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{value!r} is no time zone such as Asia/Baghdad") from None
    return value


def _clock(value: object) -> time:
    if isinstance(value, int) and not isinstance(value, bool):
        # YAML reads 22:00 without quotes as a number in base sixty.
        value = f"{value // 60}:{value % 60:02}"
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{1,2}):(\d\d)", value)):
        hour, minute = int(found[1]), int(found[2])
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"{value!r} is not a time of day such as 22:00")


Words = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
WebUrl = Annotated[str, AfterValidator(_web)]
Zone = Annotated[str, AfterValidator(_zone)]
TimeOfDay = Annotated[time, BeforeValidator(_clock)]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Near(Section):
    """Within ``km`` of a point. ``place`` is a name, put into degrees when the config is read."""

    km: float = Field(gt=0, le=20_000)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)
    place: str | None = None

    @model_validator(mode="after")
    def _either(self) -> Near:
        if (self.place is None) == (self.lat is None) or (self.lat is None) != (self.lon is None):
            raise ValueError("give either a place, or lat and lon")
        return self


class Spike(Section):
    """``times`` as many posts within ``window`` as are usual, and at least ``least``.

    What is usual is the mean of the ``usual`` days before; nothing is unusual until four windows
    have been seen.
    """

    times: float = Field(default=3.0, gt=1)
    least: int = Field(default=5, ge=2)
    window: Duration = 3600.0
    usual: Duration = 7 * 86400.0

    @model_validator(mode="after")
    def _long_enough(self) -> Spike:
        if self.usual < 4 * self.window:
            raise ValueError("usual must be at least four times as long as window")
        return self


class Emerging(Section):
    """A story about no known event: at least ``least`` posts in at least ``feeds`` feeds."""

    least: int = Field(default=5, ge=2)
    feeds: int = Field(default=2, ge=1)


class Quiet(Section):
    """Hours in which nothing is sent; what came meanwhile goes out together when they end."""

    start: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    zone: Zone = "UTC"

    @model_validator(mode="after")
    def _some_time(self) -> Quiet:
        if self.start == self.end:
            raise ValueError("from and to must differ")
        return self


class _Channel(Section):
    def secrets(self) -> Iterator[str]:
        """The environment variables it needs."""
        for name, value in self:
            if name.endswith("_env") and value:
                yield value

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that stay the same as long as the settings do."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


class Webhook(_Channel):
    """A POST of the alert's JSON. With ``key_env`` it is signed (Standard Webhooks, HMAC-SHA256).

    ``url_env`` is for an address that is itself a secret.
    """

    kind: Literal["webhook"]
    url: WebUrl | None = None
    url_env: EnvName | None = None
    key_env: EnvName | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Webhook:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        return self

    def __str__(self) -> str:
        return f"webhook {urlsplit(self.url).hostname if self.url else self.url_env}"


class Ntfy(_Channel):
    """A topic of an ntfy server, such as ``https://ntfy.sh/my-topic``."""

    kind: Literal["ntfy"]
    url: WebUrl
    token_env: EnvName | None = None

    @model_validator(mode="after")
    def _topic(self) -> Ntfy:
        if not urlsplit(self.url).path.strip("/"):
            raise ValueError("url must end in a topic, as in https://ntfy.sh/my-topic")
        return self

    def __str__(self) -> str:
        return f"ntfy {urlsplit(self.url).hostname}"


class Email(_Channel):
    """A message through a mail server. ``plain`` is for a relay on one's own machine."""

    kind: Literal["email"]
    server: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "plain"] = "starttls"
    sender: str = Field(alias="from", pattern=r"^[^\s@]+@[^\s@]+$")
    to: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = Field(min_length=1)
    user_env: EnvName | None = None
    password_env: EnvName | None = None

    @model_validator(mode="after")
    def _addresses(self) -> Email:
        for address in self.to:
            if not re.fullmatch(r"[^\s@]+@[^\s@]+", address):
                raise ValueError(f"{address!r} is not an e-mail address")
        if (self.user_env is None) != (self.password_env is None):
            raise ValueError("user_env and password_env belong together")
        return self

    def __str__(self) -> str:
        return f"email {', '.join(self.to)}"


class Command(_Channel):
    """A program that gets the alert's JSON on its standard input. No shell is involved."""

    kind: Literal["command"]
    run: Words = Field(min_length=1)

    def __str__(self) -> str:
        return f"command {Path(self.run[0]).name}"


Channel = Annotated[Webhook | Ntfy | Email | Command, Field(discriminator="kind")]
CHANNELS: dict[str, type[_Channel]] = {
    "webhook": Webhook,
    "ntfy": Ntfy,
    "email": Email,
    "command": Command,
}


class Rule(Section):
    """One entry of ``alerts``: which posts, when to tell, and whom.

    Conditions left out hold for every post; all that are given must hold. Times are in seconds.
    """

    name: str
    kind: Literal["post", "spike", "emerging"] = "post"
    events: Words = ()  # ids
    languages: Words = ()
    feeds: Words = ()
    status: Annotated[tuple[LinkStatus, ...], BeforeValidator(_one_or_many)] = ()
    min: float = Field(default=0.0, ge=0, le=1)  # probability of the link
    keywords: Words = ()  # any of them, in the original or the translation
    near: Near | None = None
    spike: Spike | None = None
    emerging: Emerging | None = None
    recent: Duration = 6 * 3600.0  # older posts are no news
    cooldown: Duration | None = None  # between two alerts about one event
    digest: Duration | None = None  # gather for so long before telling
    grace: Duration = 60.0  # after a start; what comes in it is told together
    quiet: Quiet | None = None
    to: tuple[Channel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        for name in ("spike", "emerging"):
            if getattr(self, name) is not None and self.kind != name:
                raise ValueError(f"{name} needs `kind: {name}`")
        if self.kind == "emerging" and self.about_links:
            raise ValueError("an emerging story has no event yet: leave out events, status and min")
        if self.recent < (self.spike.window if self.spike else 0):
            raise ValueError("recent must not be shorter than the window of spike")
        return self

    @property
    def about_links(self) -> bool:
        """Whether a post must be linked to an event to be meant."""
        return bool(self.events or self.status or self.min)

    @property
    def cooldown_s(self) -> float:
        default = 1800.0 if self.kind == "post" else 6 * 3600.0
        return self.cooldown if self.cooldown is not None else default

    @property
    def spike_or_default(self) -> Spike:
        return self.spike or Spike()

    @property
    def emerging_or_default(self) -> Emerging:
        return self.emerging or Emerging()

    def missing_secrets(self, env: Any = os.environ) -> list[str]:
        """The environment variables that its channels name and nobody has set."""
        needed = dict.fromkeys(name for channel in self.to for name in channel.secrets())
        return [name for name in needed if not env.get(name)]

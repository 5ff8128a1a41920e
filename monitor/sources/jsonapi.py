"""Answers of JSON APIs: parsed once, and read without trusting their shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from monitor.errors import ParseError
from monitor.net.values import Response


def read(response: Response) -> Any:
    """The JSON value of a body. Raises ParseError naming the URL where it is not JSON."""
    try:
        return json.loads(response.body)
    except RecursionError:
        raise ParseError(f"{response.url}: JSON nested too deep to be read") from None
    except ValueError as error:
        kind = response.content_type or "no content type"
        raise ParseError(f"{response.url}: expected JSON, got {kind}: {error}") from None


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A string or number as text, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def count(value: Any) -> int | None:
    """A non-negative whole number, else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

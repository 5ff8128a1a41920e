"""The program's words as JSON text and back, checked on the way in."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TypeVar

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from monitor.model import Analysis, Decision, FeedState, Post, Translation

_ADAPTERS = {kind: TypeAdapter(kind) for kind in (Analysis, Decision, FeedState, Post, Translation)}

T = TypeVar("T", Analysis, Decision, FeedState, Post, Translation)


def dump(value: Analysis | Decision | FeedState | Post | Translation) -> str:
    """JSON of a value, defaults left out so that a million posts weigh less.

    Lone surrogates are no text and no database keeps them: each becomes ``?``.
    """
    adapter = _ADAPTERS[type(value)]
    try:
        return adapter.dump_json(value, exclude_defaults=True).decode()
    except PydanticSerializationError:
        plain = adapter.dump_python(value, exclude_defaults=True)
        text = json.dumps(plain, ensure_ascii=False, default=datetime.isoformat)
        return text.encode("utf-8", "replace").decode()


def load(kind: type[T], text: str) -> T:
    adapter: TypeAdapter[T] = _ADAPTERS[kind]  # type: ignore[assignment]
    return adapter.validate_json(text)

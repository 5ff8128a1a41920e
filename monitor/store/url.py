"""``postgresql://user:password@host:port/database?…``, said without its password."""

from __future__ import annotations

import re
from urllib.parse import unquote


def shown(url: str) -> str:
    """``url`` as it may be shown to anybody: without password and options."""
    scheme, _, rest = url.partition("://")
    who, at, where = rest.rpartition("@")
    return f"{scheme}://{who.partition(':')[0]}{at}{where.partition('?')[0]}"


def passwords(url: str) -> set[str]:
    """The passwords in ``url``, as they are written there and as they are meant."""
    who = url.partition("://")[2].rpartition("@")[0]
    written = {who.partition(":")[2], *re.findall(r"[?&]\w*password=([^&]*)", url)} - {""}
    return written | {unquote(password) for password in written}

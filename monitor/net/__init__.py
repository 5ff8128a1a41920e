"""How bytes arrive: one HTTP client with limits, politeness and guards, and when to ask next.

Nothing outside this room sees httpx, and nothing inside it knows what the bytes mean.
"""

from .addresses import parse_allow
from .client import Client
from .schedule import after_failure, after_success
from .values import Fetch, Headers, Limits, Params, Response

__all__ = [
    "Client",
    "Fetch",
    "Headers",
    "Limits",
    "Params",
    "Response",
    "after_failure",
    "after_success",
    "parse_allow",
]

"""Where posts come from: bytes in, posts out. One self-describing file for each kind."""

from monitor.sources.base import Context, Options, Poll, Source
from monitor.sources.registry import backfill, kinds, poll, source_of

__all__ = ["Context", "Options", "Poll", "Source", "backfill", "kinds", "poll", "source_of"]

"""Events from elsewhere: bytes in, :class:`~monitor.model.Event` out. No network, no files.

``read_table`` takes CSV or JSON from event databases, ``read_article`` one news article, and
``read_feed`` a feed whose items are events. All raise :class:`~monitor.errors.InputError`.
"""

from monitor.link.importers.article import read_article
from monitor.link.importers.feed import read_feed
from monitor.link.importers.tables import read_table

__all__ = ["read_article", "read_feed", "read_table"]

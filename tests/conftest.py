"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_shipped_model() -> Iterator[None]:
    """Tests say themselves which models there are; those of the shipped one put it back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("monitor.translate.folder.SHIPPED", ())
        yield

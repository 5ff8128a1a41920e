"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def _no_shipped_model() -> Iterator[None]:
    """Tests say themselves which models there are, also to processes they start; those of the
    shipped one take this back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MONITOR_SHIPPED_MODELS", "")
        yield

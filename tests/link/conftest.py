"""The encoder and the gazetteer, loaded once for the room."""

import pytest

from monitor.text.embed import Encoder, load_encoder
from monitor.text.places import Gazetteer


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()

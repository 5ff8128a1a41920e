"""The events a long-lived page knows are those of the files as they are now."""

from pathlib import Path

import pytest

from monitor.config import Config
from monitor.errors import ConfigError
from monitor.events import EventsNow


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "events.yaml").write_text("- {id: bridge, title: Bridge collapse in Basra}\n")
    return Config(events=(Path("events.yaml"),), folder=tmp_path)


def test_an_added_event_is_known_without_a_restart(config: Config) -> None:
    events = EventsNow(config, pause_s=0)
    assert list(events) == ["bridge"]
    with config.path("events.yaml").open("a") as file:
        file.write("- {id: ferry, title: Ferry sinks off Alexandria}\n")
    assert (list(events), events["ferry"].title) == (
        ["bridge", "ferry"],
        "Ferry sinks off Alexandria",
    )


def test_the_files_are_not_looked_at_all_the_time(config: Config) -> None:
    events = EventsNow(config, pause_s=3600)
    config.path("events.yaml").write_text("[]\n")
    assert len(events) == 1


def test_a_wrong_file_is_told_once_and_the_events_stay_as_they_were(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    events = EventsNow(config, pause_s=0)
    config.path("events.yaml").write_text("- {title: Nameless}\n")
    assert list(events) == list(events) == ["bridge"]
    assert caplog.text.count("an event has no id") == 1
    assert "the events stay as they were (1 problems)" in caplog.text


def test_files_that_are_wrong_at_the_beginning_are_refused(config: Config) -> None:
    config.path("events.yaml").write_text("- {title: Nameless}\n")
    with pytest.raises(ConfigError):
        EventsNow(config)

"""Which posts a rule is about, what is unusual, and when it is time to tell. No I/O."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.model import Language, LinkedPost
from monitor.show.alerts.match import match, within
from monitor.show.alerts.rate import Rate, counted, pruned, spiking
from monitor.show.alerts.settings import Near, Quiet, Spike
from monitor.show.alerts.waiting import POSTS_NAMED, Group, due_at, is_due, quiet_until
from tests.show.alerts.samples import about, rule
from tests.show.samples import NOON, STRIKES, linked, plain

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"events": STRIKES}, True),
        ({"events": ["tower-22"]}, False),
        ({"languages": ["ar"]}, True),
        ({"languages": ["fr", "en"]}, False),
        ({"feeds": ["presse"]}, True),
        ({"feeds": ["meteo"]}, False),
        ({"status": "confirmed"}, True),
        ({"status": ["suggested", "accepted"]}, False),
        ({"min": 0.97}, True),
        ({"min": 0.98}, False),
        ({"keywords": ["al-qaim"]}, True),  # in the translation
        ({"keywords": ["قائم"]}, True),  # without its article, hamza on or off its seat
        ({"keywords": ["EXPLOSIONS AFTER"]}, True),
        ({"keywords": ["explosions before"]}, False),
        ({"keywords": ["plosions"]}, False),  # whole words only
        ({"keywords": ["نهر", "عدوان"]}, True),  # any of them
        ({"near": {"lat": 34.45, "lon": 40.94, "km": 20}}, True),  # Abu Kamal
        ({"near": {"lat": 33.3, "lon": 44.4, "km": 200}}, False),  # Baghdad
        ({"events": STRIKES, "languages": ["ar"], "min": 0.9, "keywords": "iraq"}, True),
        ({"events": STRIKES, "languages": ["ar"], "min": 0.9, "keywords": "yemen"}, False),
    ],
)
def test_every_condition_given_must_hold(conditions: dict[str, Any], fits: bool) -> None:
    assert (match(rule(**conditions), linked()) is not None) is fits


def test_a_link_must_fit_all_conditions_about_links_together() -> None:
    strong = about(1, "other").analysis.links[0]
    lp = about(1, STRIKES, probability=0.6, status="suggested")
    lp = replace(lp, analysis=replace(lp.analysis, links=(*lp.analysis.links, strong)))
    assert match(rule(events=[STRIKES], min=0.9), lp) is None
    found = match(rule(min=0.5), lp)
    assert found is not None
    assert found.event_id == "other"


def test_rejected_links_and_deleted_posts_alert_nobody() -> None:
    assert match(rule(events=STRIKES), about(1, status="rejected")) is None
    assert match(rule(), replace(linked(), deleted_at=NOON)) is None


def test_what_a_person_accepted_counts_whatever_its_probability() -> None:
    assert match(rule(min=0.9), about(1, status="accepted", probability=0.4)) is not None


def test_arabizi_is_arabic_and_languages_that_are_not_followed_are_not_told() -> None:
    lp = linked()
    arabizi = replace(lp, analysis=replace(lp.analysis, language=Language("ar-Latn", 0.9)))
    assert match(rule(languages="ar"), arabizi) is not None
    assert match(rule(), replace(lp, analysis=replace(lp.analysis, followed=False))) is None


def test_the_middle_of_a_country_is_not_near_anything() -> None:
    lp = linked()
    country = replace(lp.analysis.places[0], kind="country")
    lp = replace(lp, analysis=replace(lp.analysis, places=(country,)))
    assert match(rule(near={"lat": 34.37, "lon": 41.08, "km": 5}), lp) is None


@pytest.mark.parametrize(
    ("lat", "lon", "km"), [(0.0, 179.9, 30), (0.0, -179.9, 30), (90.0, 12.0, 10010)]
)
def test_distances_hold_over_the_date_line_and_the_poles(lat: float, lon: float, km: float) -> None:
    assert within(Near(km=km, lat=0.0, lon=-179.9 if lat < 90 else 0.0), lat, lon)
    assert not within(Near(km=1, lat=45.0, lon=0.0), lat, lon)


# rates

SPIKE = Spike(times=3, least=5, window=3600, usual=7 * 86400)
BEGAN = NOON - timedelta(days=7)


def rate(*hours_ago: float) -> Rate:
    found = Rate({})
    for n, hours in enumerate(hours_ago):
        found = counted(found, SPIKE, f"x:{n}", NOON - HOUR * hours)
    return found


def test_three_times_the_usual_is_a_spike() -> None:
    usual = [n / 2 for n in range(4, 300)]  # two an hour
    assert spiking(rate(*usual, *[0.1] * 5), SPIKE, BEGAN, NOON) is None
    found = spiking(rate(*usual, *[0.1] * 6), SPIKE, BEGAN, NOON)
    assert found is not None
    assert found.count == 6
    assert found.usual == pytest.approx(2, abs=0.3)
    assert len(found.posts) == 6


def test_a_handful_of_posts_about_what_nobody_wrote_of_is_a_spike_and_two_are_not() -> None:
    assert spiking(rate(*[0.2] * 5), SPIKE, BEGAN, NOON) is not None
    assert spiking(rate(*[0.2] * 2), SPIKE, BEGAN, NOON) is None


def test_nothing_is_unusual_before_one_knows_what_is_usual() -> None:
    assert spiking(rate(*[0.2] * 50), SPIKE, NOON - 4 * HOUR, NOON) is None
    assert spiking(rate(*[0.2] * 50), SPIKE, NOON - 6 * HOUR, NOON) is not None


def test_old_counts_are_dropped_and_change_nothing() -> None:
    found = rate(*[24.0 * 30] * 10, *[5.0] * 3, *[0.2] * 6)
    assert sum(pruned(found, SPIKE, NOON).counts.values()) == 9
    assert spiking(pruned(found, SPIKE, NOON), SPIKE, BEGAN, NOON) == spiking(
        found, SPIKE, BEGAN, NOON
    )


# waiting


def group(since: datetime = NOON) -> Group:
    return Group("strikes", STRIKES, since, ("x:1",), 1)


def test_the_first_alert_is_told_at_once() -> None:
    assert is_due(rule(), group(), None, NOON - HOUR, NOON)


def test_a_second_one_about_the_event_waits_for_the_cooldown() -> None:
    later = due_at(rule(cooldown="30m"), group(), NOON - 10 * MINUTE, NOON - HOUR)
    assert later == NOON + 20 * MINUTE


def test_a_digest_gathers_and_a_start_is_calm() -> None:
    assert due_at(rule(digest="15m"), group(), None, NOON - HOUR) == NOON + 15 * MINUTE
    assert due_at(rule(grace="5m"), group(), None, NOON) == NOON + 5 * MINUTE


@pytest.mark.parametrize(
    ("hour", "until"),
    [
        (18, None),
        (19, datetime(2024, 2, 4, 4, tzinfo=UTC)),  # 22:00 in Baghdad
        (23, datetime(2024, 2, 4, 4, tzinfo=UTC)),
        (3, datetime(2024, 2, 3, 4, tzinfo=UTC)),
        (4, None),  # 07:00 in Baghdad
    ],
)
def test_quiet_hours_go_over_midnight_in_their_own_zone(hour: int, until: datetime | None) -> None:
    quiet = Quiet.model_validate({"from": "22:00", "to": "07:00", "zone": "Asia/Baghdad"})
    assert quiet_until(quiet, NOON.replace(hour=hour)) == until


def test_quiet_hours_within_a_day() -> None:
    quiet = Quiet.model_validate({"from": "12:00", "to": "13:30"})
    assert quiet_until(quiet, NOON) == NOON + 90 * MINUTE
    assert quiet_until(quiet, NOON + 90 * MINUTE) is None
    assert not is_due(rule(quiet=quiet), group(), None, NOON - HOUR, NOON)


def test_a_group_that_waits_long_counts_all_and_names_many() -> None:
    waiting = group().plus([f"x:{n}" for n in range(2000)])
    assert (waiting.number, len(waiting.posts)) == (2001, POSTS_NAMED)


def test_a_plain_post_fits_a_rule_without_links() -> None:
    lp: LinkedPost = plain(1)
    found = match(rule(keywords="rain"), lp)
    assert found is not None
    assert found.event_id == ""

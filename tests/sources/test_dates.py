"""Dates in the languages and alphabets of the pages, and times in platform ids."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.sources import dates, ids

DAY = datetime(2024, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("February 2, 2024", None),
        ("Feb. 2nd, 2024", "en"),
        ("2 février 2024", None),
        ("vendredi 2 févr. 2024", "fr"),
        ("٢ فبراير ٢٠٢٤", None),
        ("الجمعة، 2 فبراير/شباط 2024", "ar"),
        ("٢ شباط ٢٠٢٤", "ar-LB"),
        ("2 فيفري 2024", "ar-DZ"),
        ("02/02/2024", "fr"),
        ("2. Februar 2024", "de"),
        ("2 de febrero de 2024", "es"),
        ("۲ فوریهٔ ۲۰۲۴", "fa"),
        ("2 Şubat 2024", "tr"),
        ("2024年2月2日", "ja"),
        ("\u200f٢ فبراير ٢٠٢٤\u200f", "ar"),
    ],
)
def test_a_day_in_words(written: str, language: str | None) -> None:
    assert dates.parse(written, language) == DAY


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("3 جانفي 2024", 1),
        ("3 كانون الثاني 2024", 1),
        ("3 آذار 2024", 3),
        ("3 أفريل 2024", 4),
        ("3 نيسان 2024", 4),
        ("3 أيار 2024", 5),
        ("3 ماي 2024", 5),
        ("3 حزيران 2024", 6),
        ("3 جوان 2024", 6),
        ("3 تموز 2024", 7),
        ("3 جويلية 2024", 7),
        ("3 يوليوز 2024", 7),
        ("3 آب 2024", 8),
        ("3 غشت 2024", 8),
        ("3 أوت 2024", 8),
        ("3 أيلول 2024", 9),
        ("3 شتنبر 2024", 9),
        ("3 تشرين الأول 2024", 10),
        ("3 اكتوبر 2024", 10),
        ("3 تشرين الثاني 2024", 11),
        ("3 نونبر 2024", 11),
        ("3 كانون الأول 2024", 12),
        ("3 دجنبر 2024", 12),
        ("3 août 2024", 8),
        ("3 aout 2024", 8),
    ],
)
def test_month_names_of_the_mashriq_the_maghreb_and_french(written: str, month: int) -> None:
    assert dates.parse(written) == datetime(2024, month, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-02T22:53:24Z",
        "2024-02-02T23:53:24+01:00",
        "2024-02-02 22:53:24 UTC",
        "Fri, 02 Feb 2024 22:53:24 GMT",
        "Fri, 2 Feb 2024 17:53:24 -0500",
    ],
)
def test_machine_formats(written: str) -> None:
    assert dates.parse(written) == datetime(2024, 2, 2, 22, 53, 24, tzinfo=UTC)


def test_a_time_of_day_beside_the_day_counts() -> None:
    assert dates.parse("10:53 PM · Feb 2, 2024", "en") == datetime(2024, 2, 2, 22, 53, tzinfo=UTC)
    assert dates.parse("10:53 م · ٢ فبراير ٢٠٢٤") == datetime(2024, 2, 2, 22, 53, tzinfo=UTC)
    assert dates.parse("2 février 2024 à 22h53") == datetime(2024, 2, 2, 22, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "",
        None,
        "yesterday",
        "22 رجب 1445 هـ",
        "32 février 2024",
        "février 2024",
        "2 février",
        "²³",
        "0" * 5000,
    ],
)
def test_what_names_no_day_is_none(written: str | None) -> None:
    date = dates.parse(written)
    assert date is None or dates.settled(date, DAY) is None


def test_ordering_dates_are_never_in_the_future_nor_before_the_web() -> None:
    assert dates.settled(datetime(2029, 1, 1, tzinfo=UTC), DAY) == DAY
    assert dates.settled(datetime(1, 1, 1, tzinfo=UTC), DAY) is None


def test_ids_tell_when_a_post_was_made() -> None:
    assert ids.x_time("1753552223372177870") == datetime(2024, 2, 2, 22, 53, 24, 133000, tzinfo=UTC)
    assert ids.x_time("20") is None
    assert str(ids.mastodon_time("111861234567890123"))[:10] == "2024-02-02"
    assert ids.mastodon_time("12345") is None
    assert str(ids.bluesky_time("3kkgtr7zmss2v"))[:7] == "2024-02"
    assert ids.bluesky_time("not-a-tid") is None
    assert str(ids.instagram_time("C22mOwNoxyz"))[:7] == "2024-02"
    assert str(ids.tiktok_time("7331000000000000000"))[:7] == "2024-02"


@pytest.mark.parametrize("junk", ["", "x", "9" * 25, "١٢٣", "-1"])
def test_junk_ids_tell_nothing(junk: str) -> None:
    times = (ids.x_time, ids.mastodon_time, ids.bluesky_time, ids.instagram_time, ids.tiktok_time)
    assert [time(junk) for time in times] == [None] * 5

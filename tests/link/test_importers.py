"""Events are imported from the shapes that databases, feeds and news pages have."""

import pytest

from monitor.errors import InputError
from monitor.link.importers import read_article, read_feed, read_table


def test_acled_rows_become_events_and_a_bad_date_is_a_warning() -> None:
    data = (
        b"event_id_cnty,event_date,event_type,sub_event_type,actor1,actor2,country,location,notes\n"
        b'IRQ1,2024-02-02,Explosions,Air/drone strike,United States,PMF,Iraq,Al Qaim,"A, note"\n'
        b"IRQ2,someday,Battles,,,,Iraq,Anbar,\n"
    )
    [event], [warning] = read_table(data, "acled.csv")
    assert event.title == "Air/drone strike in Al Qaim"
    assert event.places == ("Al Qaim", "Iraq")
    assert event.actors == ("United States", "PMF")
    assert "row 3" in warning


def test_gdelt_rows_become_events_once_each() -> None:
    row = "1\t20240202\tUSA\tIRAQ\tBaghdad, Baghdad, Iraq\thttps://example.org/a\n"
    head = "GLOBALEVENTID\tSQLDATE\tActor1Name\tActor2Name\tActionGeo_FullName\tSOURCEURL\n"
    events, warnings = read_table((head + row + row).encode(), "gdelt.tsv")
    assert [(e.id, e.title) for e in events] == [
        ("gdelt-1", "Usa – Iraq in Baghdad, Baghdad, Iraq")
    ]
    assert warnings == []


def test_reliefweb_answers_become_events() -> None:
    data = (
        b'{"data": [{"id": "52", "fields": {"name": "Libya: Floods - Sep 2023",'
        b'"date": {"event": "2023-09-10T00:00:00+00:00"}, "country": [{"name": "Libya"}]}}]}'
    )
    [event], _ = read_table(data, "reliefweb.json")
    assert (event.id, event.places) == ("reliefweb-52", ("Libya",))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"{broken", b"a,b\n1,2\n"])
def test_a_file_of_another_kind_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(InputError, match=r"events\.csv"):
        read_table(data, "events.csv")


def test_a_feed_of_events_is_read_and_entities_are_refused() -> None:
    item = (
        "<item><title>Flood in Derna</title><pubDate>Sun, 10 Sep 2023 00:00:00 GMT</pubDate></item>"
    )
    feed = f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'
    [event] = read_feed(feed.encode(), "alerts")
    assert event.id == "flood-in-derna-2023-09-10"
    with pytest.raises(InputError, match="entities"):
        read_feed(b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + feed.encode(), "alerts")


def test_an_article_becomes_an_event() -> None:
    body = "<p>American aircraft struck sites near the Syrian border on Friday night.</p>" * 8
    page = (
        "<html><head><title>US strikes in Iraq</title><meta property='og:title' "
        "content='US strikes in Iraq'><meta property='article:published_time' "
        f"content='2024-02-02'></head><body><article><h1>US strikes in Iraq</h1>{body}"
        "</article></body></html>"
    )
    event = read_article(page.encode(), "https://example.org/a")
    assert event.title == "US strikes in Iraq"
    assert "Syrian border" in event.summary


def test_a_page_without_a_title_is_refused() -> None:
    with pytest.raises(InputError, match="no article"):
        read_article(b"<html></html>", "https://example.org/a")

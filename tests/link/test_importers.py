"""Events are imported from the shapes that databases, feeds and news pages have; a bad row is
named with its line and the rest is read."""

import json
from collections.abc import Sequence

import pytest

from monitor.errors import InputError
from monitor.link.importers import read_article, read_feed, read_table
from monitor.link.importers.names import names
from monitor.text.places import Gazetteer

ACLED_COLUMNS = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type",
    "sub_event_type", "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2",
    "interaction", "civilian_targeting", "iso", "region", "country", "admin1", "admin2", "admin3",
    "location", "latitude", "longitude", "geo_precision", "source", "source_scale", "notes",
    "fatalities", "tags", "timestamp",
)  # fmt: skip
STRIKE = {
    "event_id_cnty": "IRQ31415", "event_date": "2024-02-02", "time_precision": "1",
    "event_type": "Explosions/Remote violence", "sub_event_type": "Air/drone strike",
    "actor1": "Military Forces of the United States (2021-)",
    "actor2": "PMF: Popular Mobilization Forces",
    "assoc_actor_2": "Kataib Hezbollah; Civilians (Iraq)", "country": "Iraq", "admin1": "Al Anbar",
    "admin2": "Al-Qaim", "location": "Al Qaim", "source": "Shafaq News; Al Mayadeen",
    "notes": 'On 2 February 2024, aircraft struck "several" sites, among them Al Qaim.',
}  # fmt: skip


def acled(*rows: dict[str, str], columns: Sequence[str] = ACLED_COLUMNS) -> bytes:
    lines = [",".join(columns)]
    for row in rows:
        lines.append(",".join('"' + row.get(c, "").replace('"', '""') + '"' for c in columns))
    return "\r\n".join(lines).encode()


def gdelt(columns: int, **values: str) -> bytes:
    place = {61: 52, 58: 50}[columns]
    row = [""] * columns
    row[0], row[1] = "1154221", "20240202"
    row[6], row[16], row[26], row[28] = "UNITED STATES", "IRAQ", "195", "19"
    row[place], row[-1] = "Al Qaim, Al Anbar, Iraq", "https://example.org/a"
    for index, value in values.items():
        row[int(index[1:])] = value
    return ("\t".join(row) + "\n").encode()


def test_an_acled_export_becomes_events() -> None:
    [event], warnings = read_table(acled(STRIKE), "acled.csv")
    assert warnings == []
    assert (event.id, event.title) == ("IRQ31415", "Air/drone strike in Al Qaim")
    assert event.places == ("Al Qaim", "Al-Qaim", "Al Anbar", "Iraq")
    assert event.actors == (
        "Military Forces of the United States",
        "PMF: Popular Mobilization Forces",
        "Kataib Hezbollah",
    )
    assert event.sources == ("Shafaq News", "Al Mayadeen")
    assert event.started_at
    assert event.started_at.isoformat() == "2024-02-02T00:00:00+00:00"
    assert '"several" sites' in event.summary


def test_the_acled_api_and_older_exports_are_read_too() -> None:
    answer = {"status": 200, "success": True, "count": 1, "data": [STRIKE]}
    [from_api], _ = read_table(json.dumps(answer).encode(), "acled.json")
    [from_csv], _ = read_table(acled(STRIKE), "acled.csv")
    assert from_api == from_csv
    older = read_table(acled({**STRIKE, "event_date": "02 February 2024"}), "old.csv")[0]
    assert older == [from_csv]


def test_a_date_known_to_the_week_or_month_becomes_a_span() -> None:
    [week], _ = read_table(acled({**STRIKE, "time_precision": "2"}), "acled.csv")
    assert week.started_at
    assert week.ended_at
    assert (week.started_at.day, week.ended_at.day) == (30, 5)


@pytest.mark.parametrize("columns", [61, 58])
def test_gdelts_files_are_read_as_published_without_a_header(columns: int) -> None:
    row = gdelt(columns)
    events, warnings = read_table(row + row + gdelt(columns, _0="1154222", _6='A "B'), "x.CSV")
    assert warnings == []
    assert [event.id for event in events] == ["gdelt-1154221", "gdelt-1154222"]
    first = events[0]
    assert first.title == "United States – Iraq: fighting in Al Qaim, Al Anbar, Iraq"
    assert first.places == ("Al Qaim", "Al Anbar", "Iraq")
    assert first.sources == ("https://example.org/a",)


def test_gdelt_rows_with_a_header_become_events_once_each() -> None:
    row = "1\t20240202\tUSA\tIRAQ\t14\tBaghdad, Baghdad, Iraq\thttps://example.org/a\n"
    head = "GLOBALEVENTID\tSQLDATE\tActor1Name\tActor2Name\tEventRootCode\tActionGeo_FullName"
    events, warnings = read_table((head + "\tSOURCEURL\n" + row + row).encode(), "gdelt.tsv")
    assert [e.title for e in events] == ["Usa – Iraq: protest in Baghdad, Baghdad, Iraq"]
    assert warnings == []


def test_reliefweb_disasters_and_reports_become_events() -> None:
    disaster = {
        "id": "51823",
        "href": "https://api.reliefweb.int/v2/disasters/51823",
        "fields": {
            "id": 51823, "name": "Libya: Floods - Sep 2023", "glide": "FL-2023-000168-LBY",
            "status": "past", "description": "Storm Daniel brought heavy rain.",
            "date": {"event": "2023-09-10T00:00:00+00:00", "created": "2023-09-11T10:00:00+00:00"},
            "primary_country": {"name": "Libya", "iso3": "lby"},
            "country": [{"name": "Libya", "iso3": "lby"}],
            "primary_type": {"name": "Flood", "code": "FL"},
            "url_alias": "https://reliefweb.int/disaster/fl-2023-000168-lby",
        },
    }  # fmt: skip
    report = {
        "id": "4",
        "fields": {
            "title": "Flash floods", "body": "Rain.", "date": {"original": "2023-09-12T00:00:00Z"},
            "country": [{"name": "Libya"}, {"name": "Egypt"}],
        },
    }  # fmt: skip
    answer = {"totalCount": 2, "count": 2, "data": [disaster, report]}
    [first, second], warnings = read_table(json.dumps(answer).encode(), "reliefweb.json")
    assert warnings == []
    assert (first.id, first.places) == ("reliefweb-51823", ("Libya",))
    assert first.aliases == ("FL-2023-000168-LBY",)
    assert first.text == "Storm Daniel brought heavy rain."
    assert second.places == ("Libya", "Egypt")


def test_a_bad_row_is_named_with_its_line_and_the_rest_is_read() -> None:
    rows = [
        STRIKE,
        {**STRIKE, "event_id_cnty": "A", "event_date": "someday"},
        {**STRIKE, "event_id_cnty": "B", "notes": "two\nlines"},
        {**STRIKE, "event_id_cnty": "C", "event_date": ""},
        {**STRIKE, "event_id_cnty": "D"},
    ]
    events, warnings = read_table(acled(*rows), "acled.csv")
    assert [event.id for event in events] == ["IRQ31415", "B", "D"]
    assert [warning.split(": ")[0] for warning in warnings] == ["acled.csv:3", "acled.csv:6"]
    cut = acled(STRIKE, {**STRIKE, "event_id_cnty": "X"}).rpartition(b"among them")[0]
    events, warnings = read_table(cut, "acled.csv")
    assert [event.id for event in events] == ["IRQ31415"]
    assert "acled.csv:3: is not CSV from here on" in warnings[0]


def test_hostile_values_in_json_are_warned_of_and_the_rest_is_read() -> None:
    good = '{"id": "a", "title": "T"}'
    lines = [good, "[" * 100_000, "{broken", '{"id": ' + "9" * 5000 + "}", "7",
             '{"id": "b", "title": ["x"]}', '{"id": "c", "title": "C", "started_at": {"a": 1}}',
             '{"fields": {"name": "N", "country": [null, 7, {}], "date": 20240202}}',
             '{"id": "d", "title": "\\u0000D"}']  # fmt: skip
    events, warnings = read_table("\n".join(lines).encode(), "e.jsonl")
    assert [event.id for event in events][:1] == ["a"]
    assert events[-1].id == "d"
    named = {warning.split(": ")[0] for warning in warnings}
    assert {f"e.jsonl:{n}" for n in (2, 3, 4, 5, 6, 7)} <= named


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"{broken", b"a,b\n1,2\n", b"[" * 100_000, b'[{"a": 1}]', b'"text"']
)
def test_a_file_of_another_kind_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(InputError, match=r"events\.csv"):
        read_table(data, "events.csv")


def feed_of(*items: str, language: str = "en", before: str = "") -> bytes:
    channel = f"<channel><title>t</title><language>{language}</language>{''.join(items)}</channel>"
    return f'{before}<rss version="2.0">{channel}</rss>'.encode()


def test_a_feed_of_events_is_read_with_its_places(gazetteer: Gazetteer) -> None:
    item = (
        "<item><title>Flood in &lt;b&gt;Derna&lt;/b&gt;</title><link>javascript:alert(1)</link>"
        "<description>Rain &amp;amp; wind</description>"
        "<pubDate>Sun, 10 Sep 2023 00:00:00 GMT</pubDate></item>"
    )
    french = "<item><title>Séisme au Maroc</title><link>https://example.org/b</link></item>"
    [event] = read_feed(feed_of(item), "alerts", gazetteer)
    assert event.id == "flood-in-derna-2023-09-10"
    assert (event.title, event.summary) == ("Flood in Derna", "Rain & wind")
    assert event.places == ("Darnah",)  # as GeoNames spells it
    assert event.sources == ()
    [event] = read_feed(feed_of(french, language="fr-FR"), "alertes", gazetteer)
    assert event.titles == {"fr": "Séisme au Maroc"}
    assert event.places == ("Morocco",)


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "<!-- <html> -->" + " " * 9000 + "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>",
    ],
)
def test_a_feed_that_declares_entities_is_refused(before: str) -> None:
    data = feed_of("<item><title>T</title></item>", before=before)
    for encoded in (data, data.decode().encode("utf-16")):
        with pytest.raises(InputError, match="entities"):
            read_feed(encoded, "alerts")


def page(title: str, body: str, date: str = "2024-02-02") -> bytes:
    return (
        f"<html><head><title>{title}</title><meta property='og:title' content='{title}'>"
        f"<meta property='article:published_time' content='{date}'></head>"
        f"<body><article><h1>{title}</h1>{body}</article></body></html>"
    ).encode()


def test_an_article_becomes_an_event_with_places_and_actors(gazetteer: Gazetteer) -> None:
    body = (
        "<p>American aircraft struck sites of Kataib Hezbollah near al-Qaim on Friday night.</p>"
        "<p>CENTCOM said that Kataib Hezbollah had prepared attacks. CENTCOM gave no numbers.</p>"
    ) * 4
    event = read_article(
        page("US strikes in Iraq", body), "https://example.org/a", gazetteer, lambda _: "en"
    )
    assert event.title == "US strikes in Iraq"
    assert "Kataib Hezbollah" in event.summary
    assert "Iraq" in event.places
    assert event.actors == ("Kataib Hezbollah", "CENTCOM")
    assert event.started_at
    assert event.started_at.isoformat() == "2024-02-02T00:00:00+00:00"


def test_arabic_and_french_articles_keep_their_title_by_language(gazetteer: Gazetteer) -> None:
    arabic = page(
        "انفجارات في مدينة القائم", "<p>سمع دوي انفجارات في مدينة القائم غربي العراق.</p>" * 8
    )
    event = read_article(arabic, "https://example.org/ar", gazetteer, lambda _: "und")
    assert event.titles == {"ar": "انفجارات في مدينة القائم"}
    assert "Iraq" in event.places
    french = page(
        "Frappes en Irak", "<p>Des avions ont frappé Bagdad dans la nuit de samedi.</p>" * 8
    )
    event = read_article(french, "https://example.org/fr", gazetteer, lambda _: "fr")
    assert event.titles == {"fr": "Frappes en Irak"}
    assert "Baghdad" in event.places


@pytest.mark.parametrize(
    "data", [b"", b"<html></html>", b"\xff\xd8\xff\xe0 not a page", b"<p>" * 50]
)
def test_a_page_without_a_title_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no article"):
        read_article(data, "https://example.org/a")


def test_names_are_those_said_twice_and_no_places() -> None:
    text = "In Paris the World Food Programme met. The World Food Programme left New York. New York"
    assert names(text, ["New York"]) == ("World Food Programme",)

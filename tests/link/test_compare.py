"""Arrays and indexes give the numbers that the definitions of evidence give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from monitor.link import Linker, LinkInput, load_events
from monitor.link.bags import char_grams
from monitor.link.compare import Comparison
from monitor.link.evidence import FEATURES
from monitor.link.profile import Profile, profile_of
from monitor.link.rows import row_max
from monitor.link.said import terms_of, weigh
from monitor.link.when import Times
from monitor.link.where import Places
from monitor.model import Event, Place, Translation
from monitor.text.embed import Encoder
from monitor.text.places import Gazetteer
from tests.link import plain
from tests.link.test_linker import ALMAYADEEN, CORPUS, given

POSTS = (
    (ALMAYADEEN, "ar", None),
    ("فيضانات تجرف السيارات في درنة بعد انهيار السد", "ar", "Floods in Derna, the dam collapsed"),
    ("Manifestation à Tunis contre la réforme : 300 personnes devant le tribunal", "fr", None),
    ("Explosion near the port of Beirut, ambulances on their way #Lebanon", "en", None),
    ("Mon chat dort encore", "fr", None),
    ("", "und", None),
)


@pytest.fixture(scope="module")
def linker(encoder: Encoder, gazetteer: Gazetteer) -> Linker:
    return Linker(load_events([CORPUS / "events.jsonl"]), encoder=encoder, gazetteer=gazetteer)


@pytest.fixture(scope="module")
def profiles(linker: Linker, gazetteer: Gazetteer) -> list[Profile]:
    known = linker.catalogue
    return [profile_of(event, gazetteer, known.lexicon) for event in known.events]


def told(text: str, code: str, english: str | None, gazetteer: Gazetteer) -> LinkInput:
    said = Translation(english, code, "en", "e", "m", trust=0.8) if english else None
    return replace(given(text, code, gazetteer), translation=said)


@pytest.mark.parametrize(("text", "code", "english"), POSTS)
def test_the_evidence_of_words_is_what_its_definitions_give(
    linker: Linker, profiles: list[Profile], encoder: Encoder, gazetteer: Gazetteer,
    text: str, code: str, english: str | None,
) -> None:  # fmt: skip
    item, known = told(text, code, english, gazetteer), linker.catalogue
    comparison = Comparison(known, encoder)
    terms = terms_of(item, known.lexicon)
    vectors, said = comparison.vectors([item]), weigh(terms, known)
    [(rows, features)] = comparison.compare([item], vectors, [said], timed=False)
    for row, found in list(zip(rows, features, strict=True))[::8]:
        for name, value in plain.evidence(item, terms.bag, known, profiles, row).items():
            assert found[FEATURES.index(name)] == pytest.approx(value, abs=1e-5), name


def test_meaning_is_the_cosine_with_the_nearest_text_of_an_event(
    linker: Linker, profiles: list[Profile], encoder: Encoder
) -> None:
    [query] = encoder.encode(["Floods in Derna, the dam collapsed"])
    rows = np.asarray([3, 50, 145])
    wanted = [max(encoder.encode(profiles[row].texts) @ query) for row in rows]
    # A vector is kept in a byte a dimension.
    assert linker.catalogue.closest(rows, query) == pytest.approx(wanted, abs=0.003)


def test_the_evidence_of_places_is_what_its_definition_gives(
    linker: Linker, gazetteer: Gazetteer
) -> None:
    places = linker.catalogue.places
    rows = np.arange(len(places))
    texts = [text for text, _, _ in POSTS] + ["From Aleppo to Mosul and Rafah", "Rain in Lima"]
    for text in texts:
        post = gazetteer.find(text)
        found = linker.catalogue.where.evidence(post, rows)
        for event, values in zip(places, found, strict=True):
            assert values == pytest.approx(plain.places(post, event, places), abs=1e-5)


def test_events_in_any_of_several_countries_are_found() -> None:
    def place(country: str) -> Place:
        return Place("x", 0, 1, "X", country, 1.0, 1.0, 1)

    where = Places([(place("IQ"), place("SY")), (), (place("SY"),), (place("JO"),)])
    assert where.within({"IQ", "SY", "FR"}).tolist() == [True, False, True, False]
    assert where.named.tolist() == [True, False, True, True]
    assert not Places([]).within({"IQ"}).any()


def test_next_door_is_near_though_a_border_lies_between() -> None:
    qaim = Place("القائم", 0, 6, "Al-Qaim", "IQ", 34.37, 41.09, 1)
    abu_kamal = Place("البوكمال", 0, 8, "Abu Kamal", "SY", 34.45, 40.92, 2)
    damascus = Place("دمشق", 0, 4, "Damascus", "SY", 33.51, 36.29, 3)
    where = Places([(qaim,), (damascus,)])
    (near, country, clash), (far, _, apart) = where.evidence([abu_kamal], np.arange(2))
    assert near > 0.4 > clash
    assert country == 0
    assert far < 0.01
    assert apart == 0  # in the same country
    (_, _, against) = where.evidence([damascus], np.arange(1))[0]
    assert against == pytest.approx(1.0, abs=0.01)


@given_any(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_largest_of_each_row(entries: list[tuple[int, float]]) -> None:
    entries.sort()
    owner = np.asarray([row for row, _ in entries], np.int64)
    wanted = np.zeros(6)
    np.maximum.at(wanted, owner, [value for _, value in entries])
    assert (row_max(np.asarray([value for _, value in entries]), owner, 6) == wanted).all()


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Rafah", {" raf", "rafa", "afah", "fah "}),
        ("Al-Qaïm 24!", {" al ", "al q", "l qa", " qai", "qaim", "aim ", "im 2", "m 24", " 24 "}),
        ("رفح", {" rfh", "rfh "}),
        ("a", set()),
        ("🌧️", set()),
    ],
)
def test_pieces_of_words_are_four_letters_long(text: str, pieces: set[str]) -> None:
    letters = " abcdefghijklmnopqrstuvwxyz0123456789"
    found = {
        "".join(letters[number // 37**power % 37] for power in (3, 2, 1, 0))
        for number in map(int, char_grams(text))
    }
    assert found == pieces


HOURS = st.none() | st.integers(-3000, 3000)


@given_any(st.lists(st.tuples(HOURS, st.integers(0, 3000)), max_size=12), st.integers(-3000, 3000))
@settings(max_examples=100, deadline=None)
def test_the_events_of_a_time_are_found(spans: list[tuple[int | None, int]], now: int) -> None:
    """Short ones and long ones, and none without a date."""
    epoch = datetime(2024, 1, 1, tzinfo=UTC)
    base = epoch.timestamp() / 3600
    events = [
        Event(
            id=str(i),
            title="x",
            started_at=None if start is None else epoch + timedelta(hours=start),
            ended_at=None if start is None else epoch + timedelta(hours=start + length),
        )
        for i, (start, length) in enumerate(spans)
    ]
    found = Times(events).within(base + now - 100, base + now + 10)
    wanted = [
        i for i, (start, length) in enumerate(spans)
        if start is not None and start <= now + 10 and start + length >= now - 100
    ]  # fmt: skip
    assert sorted(found) == wanted

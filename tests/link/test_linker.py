"""Posts are linked to the right one of confusable events, with reasons, or to none."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.link import Linker, LinkInput, load_events
from monitor.link.vectors import Vectors
from monitor.model import Event, Language, Place, Post, Translation
from monitor.text.embed import Encoder
from monitor.text.places import Gazetteer

CORPUS = Path(__file__).parents[2] / "benchmarks" / "corpus"
ALMAYADEEN = (
    "#شاهد | انفجارات نتيجة العدوان الأميركي على مدينة #القائم في #العراق.#الميادين "
    "pic.twitter.com/FiH6heaU0B"
)


def post(text: str, at: str = "2024-02-02T22:30:00+00:00", number: str = "1") -> Post:
    when = datetime.fromisoformat(at)
    return Post(
        platform="x",
        external_id=number,
        source="s",
        text=text,
        collected_at=when,
        published_at=when,
    )


@pytest.fixture(scope="module")
def linker(encoder: Encoder, gazetteer: Gazetteer) -> Linker:
    return Linker(load_events([CORPUS / "events.jsonl"]), encoder=encoder, gazetteer=gazetteer)


def given(
    text: str, code: str, gazetteer: Gazetteer, at: str = "2024-02-02T22:30:00+00:00"
) -> LinkInput:
    return LinkInput(post(text, at), Language(code, 0.99), None, gazetteer.find(text, code))


def test_the_strike_on_al_qaim_is_confirmed_and_its_neighbours_are_not(
    linker: Linker, gazetteer: Gazetteer
) -> None:
    [links] = linker.link_many([given(ALMAYADEEN, "ar", gazetteer)])
    assert [(link.event_id, link.status) for link in links] == [
        ("us-strikes-iraq-syria-2024-02-02", "confirmed")
    ]


def test_every_link_carries_evidence_and_one_sentence(linker: Linker, gazetteer: Gazetteer) -> None:
    [[link]] = linker.link_many([given(ALMAYADEEN, "ar", gazetteer)])
    assert {"place", "time", "words"} <= {evidence.kind for evidence in link.evidence}
    [place] = [evidence.detail for evidence in link.evidence if evidence.kind == "place"]
    assert place == "names القائم (Al Qā’im), which this event lists"  # not only the countries
    assert "القائم" in link.explanation
    assert link.explanation.endswith(".")
    assert "\n" not in link.explanation


def test_reasons_keep_the_words_of_the_post_and_of_its_translation_apart(
    linker: Linker, gazetteer: Gazetteer
) -> None:
    said = Translation("Watch | the explosions after the American strikes", "ar", "en", "e", "m")
    [[link]] = linker.link_many([replace(given(ALMAYADEEN, "ar", gazetteer), translation=said)])
    [words] = [evidence.detail for evidence in link.evidence if evidence.kind == "words"]
    original, _, english = words.partition("in translation ")
    assert "القائم" in original
    assert "strikes" in english
    assert "the" not in english.split(", ")  # function words are no reason


def test_the_rarest_words_in_common_are_the_reason(encoder: Encoder) -> None:
    event = Event(
        id="e",
        title="Soldiers killed at the Akashat outpost",
        summary="The government says several people were killed in the attack near the border.",
    )
    linker = Linker([event], encoder=encoder)
    said = "The government says people were killed at Akashat near the border in the attack"
    best = linker.considered(LinkInput(post(said), Language("en", 0.99)))[0]
    [words] = [evidence.detail for evidence in best.evidence if evidence.kind == "words"]
    named = words.removeprefix("says ").split(", ")
    assert named[0] == "Akashat"
    assert "people" not in named


def test_a_country_that_is_place_and_actor_of_an_event_is_counted_once(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    base = {
        "title": "Tower 22 drone attack in Jordan",
        "started_at": datetime(2024, 1, 28, tzinfo=UTC),
        "places": ("Tower 22", "Jordan"),
    }
    found = []
    for actors in ((), ("Jordan",)):
        event = Event(id="tower", actors=actors, **base)  # type: ignore[arg-type]
        linker = Linker([event], encoder=encoder, gazetteer=gazetteer, suggest=0.0001)
        football = given("Qatar beat Jordan 3-1 in the final", "en", gazetteer)
        [[link]] = linker.link_many([football])
        found.append(link.probability)
    assert found[0] == found[1]


def test_the_less_a_translation_is_trusted_the_less_it_counts(encoder: Encoder) -> None:
    event = Event(
        id="dam",
        title="Collapse of the Wadi dam",
        summary="The dam collapsed and flooded the valley",
    )
    linker = Linker([event], encoder=encoder, suggest=0.0001)
    english = "The dam at Wadi collapsed, the valley is flooded"
    found = []
    for trust in (1.0, 0.3, 0.05):
        translation = Translation(english, "ar", "en", "e", "m", trust=trust)
        given = LinkInput(post("شي ما صار متله"), Language("ar", 0.99), translation)
        [[link]] = linker.link_many([given])
        found.append(link.probability)
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.9 > found[-1]


def test_ordinary_life_is_linked_to_nothing(linker: Linker, gazetteer: Gazetteer) -> None:
    texts = [
        ("قهوة الصباح وفيروز", "ar"),
        ("Mon chat dort encore", "fr"),
        ("good morning all", "en"),
    ]
    links = linker.link_many([given(text, code, gazetteer) for text, code in texts])
    assert all(link.status != "confirmed" for found in links for link in found)


def test_ordinary_life_at_the_time_and_in_the_country_of_an_event_is_linked_to_nothing(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    events = [e for e in load_events([CORPUS / "events.jsonl"]) if "2024-02" in e.id]
    linker = Linker(events, encoder=encoder, gazetteer=gazetteer)
    texts = [
        ("طقس اليوم: ضباب صباحي في بغداد والحرارة العظمى 14 درجة", "ar"),
        ("Meeting friends for lunch in Baghdad today", "en"),
        ("Déjeuner entre amis à Bagdad", "fr"),
    ]
    items = [given(text, code, gazetteer) for text, code in texts]
    assert all(item.places for item in items)
    assert linker.link_many(items) == [(), (), ()]


def test_a_post_long_before_an_event_is_never_confirmed(
    linker: Linker, gazetteer: Gazetteer
) -> None:
    early = given(ALMAYADEEN, "ar", gazetteer, "2024-01-10T10:00:00+00:00")
    [links] = linker.link_many([early])
    right = [link for link in links if link.event_id == "us-strikes-iraq-syria-2024-02-02"]
    assert all(link.status == "suggested" for link in right)


def test_without_times_and_places_the_words_still_decide(linker: Linker) -> None:
    item = LinkInput(
        post("Drone attack on Tower 22 in Jordan kills three American soldiers"), Language("en", 1)
    )
    linker.ignore_time = True
    try:
        assert linker.candidates(item, 1)[0].event_id == "tower-22-drone-attack-2024-01-28"
    finally:
        linker.ignore_time = False


def test_no_events_no_posts_and_empty_texts_give_no_links(encoder: Encoder, linker: Linker) -> None:
    assert Linker([], encoder=encoder).link_many([LinkInput(post("hello"), Language("en", 1))]) == [
        ()
    ]
    assert linker.link_many([]) == []
    [links] = linker.link_many([LinkInput(post(""), Language("und", 1))])
    assert all(link.status != "confirmed" for link in links)


def test_an_event_of_ten_megabytes_does_no_harm_and_an_unknown_place_is_told(
    encoder: Encoder, gazetteer: Gazetteer, caplog: pytest.LogCaptureFixture
) -> None:
    big = Event(
        id="big", title="Flood in Nowhereville", text="water " * 1_700_000, places=("Xqzzt",)
    )
    linker = Linker([big], encoder=encoder, gazetteer=gazetteer)
    item = LinkInput(post("Flood in Nowhereville"), Language("en", 1))
    assert linker.candidates(item, 3)[0].event_id == "big"
    assert "event big: Xqzzt: no such place is known" in caplog.text


def test_accepted_posts_grow_an_events_profile(encoder: Encoder) -> None:
    events = [Event(id="a", title="Bridge collapse"), Event(id="b", title="Ferry accident")]
    item = LinkInput(post("the Vasco pylon gave way"), Language("en", 1))
    plain = Linker(events, encoder=encoder)
    grown = Linker(events, encoder=encoder, accepted={"a": ["the pylon of the Vasco gave way"]})

    def lead(linker: Linker) -> float:
        scores = {c.event_id: c.score for c in linker.candidates(item, 2)}
        return scores["a"] - scores["b"]

    assert lead(grown) > lead(plain)


def test_a_place_in_another_country_speaks_against(linker: Linker) -> None:
    paris = Place("Paris", 0, 5, "Paris", "FR", 48.85, 2.35, 2988507)
    item = LinkInput(post("Strikes in Paris"), Language("en", 1), None, (paris,))
    by_id = {c.event_id: c.features for c in linker.candidates(item, 200)}
    assert by_id["us-strikes-iraq-syria-2024-02-02"]["clash"] > 0


def test_an_event_told_in_no_language_of_a_post_is_foreign_to_it(encoder: Encoder) -> None:
    told = [
        Event(id="en", title="Floods in Kuwait"),
        Event(id="both", title="Floods in Jordan", titles={"ar": "سيول في الأردن"}),
        Event(id="ar", title="سيول في حفر الباطن"),
        Event(id="grown", title="Floods in Oman"),
    ]
    linker = Linker(told, encoder=encoder, accepted={"grown": ["سيول في عمان"]})
    arabic = LinkInput(post("سيول قوية الآن"), Language("ar", 0.99))
    english = replace(arabic, language=Language("en", 0.99))
    translated = replace(arabic, translation=Translation("Heavy floods now", "ar", "en", "e", "m"))
    unknown = replace(arabic, language=Language("und", 0.0))

    def foreign(item: LinkInput) -> set[str]:
        return {c.event_id for c in linker.candidates(item) if c.features["foreign"]}

    assert foreign(arabic) == {"en"}
    assert foreign(english) == {"ar"}
    assert foreign(translated) == set()
    assert foreign(unknown) == set()


def test_a_hashtag_and_little_else_says_less_than_the_same_words_in_a_sentence(
    linker: Linker, gazetteer: Gazetteer
) -> None:
    said = "US strikes hit al-Qaim in Iraq"
    tagged = "lol #USstrikes #alQaim #Iraq"
    sentence, tags = (linker.candidates(given(text, "en", gazetteer))[0] for text in (said, tagged))
    assert sentence.features["hashtags"] == 0.0
    assert tags.features["hashtags"] == pytest.approx(3 / 5)
    assert sentence.probability > tags.probability


def test_words_written_together_in_a_hashtag_are_reasons(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    floods = Event(id="boulder", title="Floods in Boulder, Colorado", places=("Boulder",))
    other = Event(id="fires", title="Wildfires in California", places=("California",))
    linker = Linker([floods, other], encoder=encoder, gazetteer=gazetteer)
    best = linker.considered(given("Stay home everyone #boulderflood", "en", gazetteer))[0]
    assert best.event_id == "boulder"
    assert "flood" in best.explanation


def test_thresholds_the_wrong_way_round_are_refused(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match="suggest <= confirm"):
        Linker([], encoder=encoder, suggest=0.9, confirm=0.5)


def test_times_are_utc_instants() -> None:
    [first, *_] = load_events([CORPUS / "events.jsonl"])
    assert first.started_at == datetime(2024, 1, 4, tzinfo=UTC)


def test_a_catalogue_made_from_its_predecessor_finds_what_a_new_one_finds(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    events = load_events([CORPUS / "events.jsonl"])[:40]
    changed = replace(events[3], summary="A bridge fell into the river near Basra")
    later = [*events[1:20], changed, *events[20:]]
    accepted = {events[5].id: ["the pylon of the Vasco gave way"]}
    grown = Linker(events, encoder=encoder, gazetteer=gazetteer)
    grown.know(later, accepted)
    fresh = Linker(later, encoder=encoder, gazetteer=gazetteer, accepted=accepted)
    item = given(ALMAYADEEN, "ar", gazetteer)
    for mine, other in zip(grown.candidates(item, 40), fresh.candidates(item, 40), strict=True):
        assert mine.event_id == other.event_id
        assert mine.score == pytest.approx(other.score, abs=0.1)  # words are a little rarer


def test_vectors_are_kept_between_starts_and_a_torn_file_does_no_harm(
    tmp_path: Path, encoder: Encoder
) -> None:
    first = Vectors(encoder, tmp_path)
    rows = first.rows(["the bridge fell", "the ferry sank", "the bridge fell"])
    assert rows[0] == rows[2] != rows[1]
    assert len(first) == 2
    [path] = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b"half a record")
    asked: list[str] = []

    class Counting:
        name, dimension = encoder.name, encoder.dimension

        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            asked.extend(texts)
            return encoder.encode(texts)

    for _ in range(2):  # what is written after the torn record is read again too
        again = Vectors(Counting(), tmp_path)
        made = again.take(again.rows(["the ferry sank", "a new one"]))
        assert np.allclose(made, encoder.encode(["the ferry sank", "a new one"]), atol=0.002)
    assert asked == ["a new one"]


def test_a_single_known_event_is_linked_with_reasons_too(
    encoder: Encoder, gazetteer: Gazetteer
) -> None:
    event = next(
        e
        for e in load_events([CORPUS / "events.jsonl"])
        if e.id == "us-strikes-iraq-syria-2024-02-02"
    )
    linker = Linker([event], encoder=encoder, gazetteer=gazetteer)
    [[link]] = linker.link_many([given(ALMAYADEEN, "ar", gazetteer)])
    assert {"place", "time"} <= {evidence.kind for evidence in link.evidence}
    assert "القائم" in link.explanation

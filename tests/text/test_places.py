"""Places in posts: found with their coordinates, and nothing that only looks like one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.text.gazetteer import ARRAYS, Index, load
from monitor.text.place_build import assemble
from monitor.text.places import Gazetteer


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.load()


def test_the_channel_post_names_al_qaim_in_iraq(gazetteer: Gazetteer) -> None:
    text = (
        "#شاهد | انفجارات نتيجة العدوان الأميركي على مدينة #القائم في #العراق.#الميادين "
        "pic.twitter.com/FiH6heaU0B"
    )
    places = gazetteer.find(text, "ar")
    town = next(place for place in places if place.mention == "القائم")
    assert (town.name, town.country, town.kind) == ("Al Qā’im", "IQ", "town")
    assert abs(town.lat - 34.39) < 0.01
    assert abs(town.lon - 40.99) < 0.01
    assert "الميادين" not in {place.mention for place in places}  # the channel's own tag
    assert {("الأميركي", "US"), ("العراق", "IQ")} <= {(p.mention, p.country) for p in places}


def test_both_towns_of_the_french_sentence_are_found(gazetteer: Gazetteer) -> None:
    text = "L'attaque américaine contre l'est de la Syrie et les villes d'al-Mayadin et de Boukamal"
    found = {(p.mention, p.name, p.country) for p in gazetteer.find(text, "fr")}
    assert ("al-Mayadin", "Al Mayādīn", "SY") in found
    assert ("Boukamal", "Ālbū Kamāl", "SY") in found
    assert ("américaine", "United States", "US") in found


def test_no_name_goes_on_after_a_line_break(gazetteer: Gazetteer) -> None:
    headline = "Six Nations: late try breaks Scottish hearts in Edinburgh"
    found = gazetteer.find(f"{headline}\nA video review in the last minute decides it.", "en")
    assert [(p.mention, p.country) for p in found] == [("Edinburgh", "GB")]


@pytest.mark.parametrize("name", ["Boukamal", "Abu Kamal", "Al-Bukamal", "البوكمال", "البو كمال"])
def test_one_town_in_all_its_transliterations(gazetteer: Gazetteer, name: str) -> None:
    place = gazetteer.lookup(name)
    assert place is not None
    assert place.geonameid == 174448


@pytest.mark.parametrize(
    "text",
    [
        "Nice weather, of course: march on, the bar is open, a tour of the sale",
        "La marche et la tour, une bonne vie au bar",
        "رجعت الى بيت أهلي في هذه المدينة الجديدة كيف حالك",
        "I told us that turkey is a bird",
    ],
)
def test_words_that_are_also_towns_do_not_fire(gazetteer: Gazetteer, text: str) -> None:
    assert gazetteer.find(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "White House says it will respond",
        "Vitrines cassées rue de Rennes",
        "انفجار في شارع فلسطين",
        "Réunion d'urgence ce soir",
        "Michael Jordan is back",
        "la tour de nice est une bonne idée",
        "المدينة محاصرة منذ أسابيع",
    ],
)
def test_seats_of_government_streets_and_people_are_no_places(
    gazetteer: Gazetteer, text: str
) -> None:
    assert gazetteer.find(text) == ()


@pytest.mark.parametrize(
    ("text", "name", "country"),
    [
        ("They flew on to Turkey overnight", "Türkiye", "TR"),
        ("الجيش المالي يستعيد البلدة", "Mali", "ML"),
        ("no power in gaza since 3am", "Gaza", "PS"),
        ("el nas fi beirut ta3bana", "Beirut", "LB"),
        ("قصف عنيف على الخرطوم", "Khartoum", "SD"),
        ("Large fires at Hodeidah port", "Al Ḩudaydah", "YE"),
        ("زلزال في جاوة الغربية", "West Java", "ID"),
    ],
)
def test_what_stands_around_a_word_says_that_it_is_a_place(
    gazetteer: Gazetteer, text: str, name: str, country: str
) -> None:
    assert [(p.name, p.country) for p in gazetteer.find(text)] == [(name, country)]


def test_a_country_named_in_the_translation_decides_between_namesakes(
    gazetteer: Gazetteer,
) -> None:
    text = "Affrontements à Tripoli cette nuit"
    (alone,) = gazetteer.find(text, "fr")
    (told,) = gazetteer.find(text, "fr", translation="Clashes in Tripoli, Libya, overnight")
    assert (alone.country, told.country) == ("LB", "LY")


def test_two_small_towns_near_each_other_support_each_other(gazetteer: Gazetteer) -> None:
    alone = gazetteer.find("The Sanibel causeway is broken")
    both = gazetteer.find("Fort Myers Beach flattened, Sanibel causeway broken")
    assert alone == ()
    assert [p.mention for p in both] == ["Fort Myers Beach", "Sanibel"]


def test_no_word_supports_itself(gazetteer: Gazetteer) -> None:
    """Rafah is two towns at one border, Bagdad also a village: neither leans on its namesake."""
    (rafah,) = gazetteer.find("Ordre d'évacuer à Rafah, encore à Rafah")[:1]
    assert rafah.country == "PS"
    found = gazetteer.find("Des drapeaux américains brûlés à Bagdad")
    assert [p.country for p in found] == ["US", "IQ"]


def test_a_word_that_is_also_a_town_fires_with_support(gazetteer: Gazetteer) -> None:
    (town,) = (p for p in gazetteer.find("Un attentat à Nice, en France", "fr") if p.kind == "town")
    assert (town.mention, town.country) == ("Nice", "FR")


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Clashes in Tripoli, Lebanon", "LB"),
        ("Clashes in Tripoli, Libya", "LY"),
        ("انفجار في طرابلس شمال لبنان", "LB"),
    ],
)
def test_the_country_in_the_post_decides_between_namesakes(
    gazetteer: Gazetteer, text: str, country: str
) -> None:
    assert [p.country for p in gazetteer.find(text) if p.kind == "town"] == [country]


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("وبالعراق", "IQ"),
        ("الجيش السوري", "SY"),
        ("les soldats irakiens", "IQ"),
        ("les soldats sud-soudanais", "SS"),
        ("la diplomatie nord-coréenne", "KP"),
        ("Syrian army", "SY"),
        ("US strikes", "US"),
        ("#دير_الزور", "SY"),
        ("#DeirEzZor", "SY"),
        ("Road closed #coflood", "US"),
        ("سيول #حفرالباطن_الان", "SA"),
        ("Rain in #newyork again", "US"),
        ("Look at #boulderflood now", "US"),
    ],
)
def test_clitics_nationalities_and_hashtags(gazetteer: Gazetteer, text: str, country: str) -> None:
    assert [p.country for p in gazetteer.find(text)] == [country]


@pytest.mark.parametrize("text", ["My #nicephoto of the Day", "A #readinglist", "#teamromney Wins"])
def test_words_written_together_that_are_also_towns_do_not_fire(
    gazetteer: Gazetteer, text: str
) -> None:
    assert gazetteer.find(text, "en") == ()


def test_a_code_is_left_where_a_name_says_it_already(gazetteer: Gazetteer) -> None:
    places = gazetteer.find("#floodPH in Manila, #reliefPH", "en")
    assert [(p.mention, p.country) for p in places] == [
        ("PH", "PH"),
        ("Manila", "PH"),
        ("PH", "PH"),
    ]


def test_a_hashtag_that_is_the_authors_name_is_no_place(gazetteer: Gazetteer) -> None:
    text = "انفجارات في سوريا #الميادين"
    own = gazetteer.find(text, "ar", author="قناة الميادين")
    assert [place.mention for place in own] == ["سوريا"]


def test_lookup_takes_a_country_and_a_point_on_the_map(gazetteer: Gazetteer) -> None:
    lebanese = gazetteer.lookup("Tripoli", country="LB")
    near = gazetteer.lookup("Tripoli", near=(33.9, 35.5))
    named = gazetteer.lookup("Tripoli, Lebanon")
    assert lebanese is not None
    assert near == lebanese
    assert named is not None
    assert named.geonameid == lebanese.geonameid
    assert gazetteer.lookup("no such place at all") is None
    assert gazetteer.lookup("") is None


@given(st.text(st.characters(exclude_categories=[])))
@settings(max_examples=200, deadline=None)
def test_any_text_is_searched_and_mentions_are_cut_from_it(gazetteer: Gazetteer, text: str) -> None:
    for place in gazetteer.find(f"Baghdad {text} #سوريا", translation=text, author=text):
        assert place.mention == f"Baghdad {text} #سوريا"[place.start : place.end]


def test_a_megabyte_without_a_space_is_one_word(gazetteer: Gazetteer) -> None:
    assert gazetteer.find("ا" * 1_000_000) == ()


def test_a_damaged_cache_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not a place index"):
        Index(b"something else")
    data = assemble(dict.fromkeys(ARRAYS, b""))
    assert len(Index(data)) == 0
    with pytest.raises(ValueError, match="cut off"):
        Index(data + b"x")


@pytest.mark.parametrize(
    ("name", "country"), [("Islamabad", "PK"), ("Odessa", "UA"), ("Moscow", "RU"), ("Paris", "FR")]
)
def test_the_namesake_that_people_mean_comes_first(
    gazetteer: Gazetteer, name: str, country: str
) -> None:
    place = gazetteer.lookup(name)
    assert place is not None
    assert place.country == country


def test_the_index_is_kept_in_the_cache_and_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Built once; a damaged file is built again; a folder that cannot be written is only logged."""
    small = assemble(dict.fromkeys(ARRAYS, b""))
    monkeypatch.setattr("monitor.text.place_build.build", lambda: small)
    assert len(load(tmp_path)) == 0
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == small
    path.write_bytes(b"damaged")
    assert len(load(tmp_path)) == 0
    assert path.read_bytes() == small
    assert list(tmp_path.iterdir()) == [path]
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert len(load(blocked / "below")) == 0
    assert "cannot be written" in caplog.text

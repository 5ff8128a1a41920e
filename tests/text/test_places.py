"""Places in posts: found with their coordinates, and nothing that only looks like one."""

from __future__ import annotations

import pytest

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
    assert {("الأميركي", "US"), ("العراق", "IQ")} <= {(p.mention, p.country) for p in places}


def test_both_towns_of_the_french_sentence_are_found(gazetteer: Gazetteer) -> None:
    text = "L'attaque américaine contre l'est de la Syrie et les villes d'al-Mayadin et de Boukamal"
    found = {(p.mention, p.name, p.country) for p in gazetteer.find(text, "fr")}
    assert ("al-Mayadin", "Al Mayādīn", "SY") in found
    assert ("Boukamal", "Ālbū Kamāl", "SY") in found
    assert ("américaine", "United States", "US") in found


@pytest.mark.parametrize("name", ["Boukamal", "Abu Kamal", "Al-Bukamal", "البوكمال", "البو كمال"])
def test_one_town_in_all_its_transliterations(gazetteer: Gazetteer, name: str) -> None:
    place = gazetteer.lookup(name)
    assert place is not None
    assert place.geonameid == 174448

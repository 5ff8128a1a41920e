"""The translator that comes with the program: found, whole, used unless there is a better one, and
always a draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.model import Language, Place, Translation
from monitor.translate import TranslationRequest, Translator
from monitor.translate.folder import damage, folders, read_description

SHIPPED_IN_CLONE = Path(__file__).parents[2] / "models" / "ar-fr-en"


@pytest.fixture(autouse=True)
def _shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MONITOR_SHIPPED_MODELS", raising=False)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Translator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MONITOR_SHIPPED_MODELS", raising=False)
        yield Translator(tmp_path_factory.mktemp("empty"))


def said(translator: Translator, text: str, language: str, *places: Place) -> Translation:
    (made,) = translator.translate_many([TranslationRequest(text, Language(language, 1.0), places)])
    assert isinstance(made, Translation)
    return made


def a_place(text: str, mention: str, name: str) -> Place:
    start = text.index(mention)
    return Place(
        mention=mention,
        start=start,
        end=start + len(mention),
        name=name,
        country="IQ",
        lat=34.4,
        lon=41.0,
        geonameid=1,
    )


def test_its_folder_is_whole_and_describes_itself_as_a_draft() -> None:
    description = read_description(SHIPPED_IN_CLONE)
    assert description.draft
    assert damage(SHIPPED_IN_CLONE, description) == []
    assert set(description.pairs) == {("ar", "en"), ("fr", "en")}
    size = sum(file.stat().st_size for file in SHIPPED_IN_CLONE.iterdir())
    assert size < 70e6


def test_it_is_found_where_no_other_model_is_installed(tmp_path: Path) -> None:
    assert SHIPPED_IN_CLONE in list(folders(tmp_path / "models"))


def test_a_folder_of_its_name_in_models_is_taken_instead(tmp_path: Path) -> None:
    (tmp_path / "ar-fr-en").mkdir()
    assert list(folders(tmp_path)) == [tmp_path / "ar-fr-en"]


def test_another_place_for_it_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_SHIPPED_MODELS", str(tmp_path / "mine"))
    (tmp_path / "mine" / "other").mkdir(parents=True)
    assert list(folders(tmp_path / "models")) == [tmp_path / "mine" / "other"]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("مقتل ثلاثة أشخاص في غارة جوية على المدينة", "ar", {"killed", "three", "city"}),
        ("Trois personnes tuées dans une frappe sur la ville", "fr", {"three", "killed", "city"}),
    ],
)
def test_it_says_what_a_plain_post_says(
    translator: Translator, text: str, language: str, words: set[str]
) -> None:
    assert words <= set(said(translator, text, language).text.lower().split())


def test_each_translation_is_a_draft_and_names_its_model(translator: Translator) -> None:
    made = said(translator, "انفجار قرب المطار", "ar")
    assert made.draft
    assert (made.engine, made.model) == ("ctranslate2", "ar-fr-en")


def test_numbers_and_known_places_come_back_exactly(translator: Translator) -> None:
    text = "مقتل 4713 شخصا في انفجار هز القائم"
    made = said(translator, text, "ar", a_place(text, "القائم", "Al-Qaim"))
    assert "4713" in made.text
    assert "Al-Qaim" in made.text


def test_no_symbol_of_its_own_is_left_in_a_translation(translator: Translator) -> None:
    made = said(translator, "1 و 2 و 3: @afp https://t.co/x قال إن 45 قتلوا في بغداد", "ar")
    assert not any("\ue000" <= character <= "\uf8ff" for character in made.text)

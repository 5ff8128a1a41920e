"""Kinds of happenings are known by their words in three languages."""

from monitor.link.bags import bag
from monitor.link.kinds import kinds_of, load_kinds
from monitor.link.lexicon import load_lexicon
from monitor.link.terms import stems


def test_a_kind_is_one_term_in_three_languages() -> None:
    for text in ("Jordan floods", "Inondations en Jordanie", "#سيول_الأردن"):
        assert kinds_of(stems(text))["=flood"] == 1.0, text


def test_a_word_that_only_hints_weighs_less() -> None:
    assert kinds_of(stems("heavy rain"))["=flood"] < 1.0
    assert "=flood" in bag("heavy rain", "en", load_lexicon())


def test_words_of_ordinary_life_tell_of_nothing() -> None:
    assert kinds_of(stems("قهوة الصباح وفيروز, mon chat dort encore, good morning all")) == {}


def test_every_kind_has_words_in_each_script() -> None:
    found: dict[str, str] = {}
    for stem, kinds in load_kinds().items():
        for kind in kinds:
            found[kind] = found.get(kind, "") + stem
    assert len(found) > 30
    assert all(any("\u0600" <= c <= "\u06ff" for c in stems) for stems in found.values())
    assert all(any("a" <= c <= "z" for c in stems) for stems in found.values())

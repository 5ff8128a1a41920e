"""Measuring languages on rows that people bring."""

from pathlib import Path

import pytest

from monitor.errors import InputError
from monitor.model import Language
from monitor.text.evaluate import evaluate_language, expected_calibration_error, read_rows


class Fixed:
    """Answers what the text says: ``fr 0.9``."""

    followed = ("ar", "fr", "en")

    def detect(self, text: str, hint: str | None = None) -> Language:
        code, confidence = text.split()
        return Language(code, float(confidence))


def rows(*pairs: tuple[str, str]) -> list[tuple[int, object]]:
    return [(n, {"text": text, "lang": lang}) for n, (text, lang) in enumerate(pairs, 1)]


def test_accuracy_f1_and_abstentions_are_counted() -> None:
    result = evaluate_language(
        rows(("fr 1", "fr"), ("en 1", "fr"), ("de 1", "other"), ("und 1", "und")), Fixed()
    )
    assert (result["n"], result["accuracy"], result["abstained"]) == (4, 0.75, 0.25)
    assert result["macro_f1"] == pytest.approx((2 / 3 + 1 + 1) / 3)
    per_language = result["per_language"]
    assert isinstance(per_language, dict)
    assert per_language["fr"] == {"p": 1.0, "r": 0.5, "f1": pytest.approx(2 / 3), "n": 2}


def test_languages_not_followed_count_as_other_on_both_sides() -> None:
    assert evaluate_language(rows(("de 1", "it"), ("es 1", "other")), Fixed())["accuracy"] == 1


def test_romanised_arabic_is_arabic_unless_asked_for_by_name() -> None:
    assert evaluate_language(rows(("ar-Latn 1", "ar")), Fixed())["accuracy"] == 1
    by_name = rows(("ar-Latn 1", "ar-Latn"), ("ar 1", "ar"), ("ar-Latn 1", "ar"))
    assert evaluate_language(by_name, Fixed())["accuracy"] == pytest.approx(2 / 3)


def test_calibration_error_is_the_gap_between_confidence_and_share_right() -> None:
    assert expected_calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0)
    assert expected_calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "should be an object"),
        ('{"lang": "fr"}', "text is missing"),
        ('{"text": 1, "lang": "fr"}', "text should be a string"),
        ('{"text": "a", "lang": "french"}', 'lang "french"'),
    ],
)
def test_a_bad_row_is_named_with_file_and_line(tmp_path: Path, row: str, problem: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "fr 1", "lang": "fr"}\n\n' + row + "\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        evaluate_language(read_rows(path), Fixed(), file=str(path))
    assert f"{path}:3" in str(error.value)
    assert problem in str(error.value)


def test_a_missing_or_empty_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(read_rows(tmp_path / "none.jsonl"))
    with pytest.raises(InputError, match="no rows"):
        evaluate_language([], Fixed())

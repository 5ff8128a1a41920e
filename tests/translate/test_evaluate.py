"""``monitor evaluate translation``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.evaluate import command
from monitor.errors import InputError, ModelError
from monitor.translate.evaluate import evaluate_translation

SOURCES = ["قصف على مدينة القائم في العراق", "انفجارات في مدينة القائم في العراق"]
ENGLISH = ["bombing on city al-Qaim in Iraq", "explosions in city al-Qaim in Iraq"]


def test_a_perfect_translation_has_full_marks_and_a_signature(models: Path) -> None:
    result = evaluate_translation(SOURCES, ENGLISH, "ar", models)
    assert result["bleu"] == pytest.approx(100)
    assert result["chrf"] == pytest.approx(100)
    assert "version" in result["signature"]["bleu"]
    assert (result["engine"], result["model"]) == ("ctranslate2", "opus-mt-ar-en")
    assert result["sentences_per_second"] > 0


def test_the_command_prints_what_is_promised_as_json(models: Path, tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("\n".join(SOURCES) + "\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("\n".join(ENGLISH) + "\n", encoding="utf-8")
    asked = ["--source", str(tmp_path / "s.txt"), "--reference", str(tmp_path / "r.txt")]
    asked += ["--from", "ar", "--models", str(models), "--json"]
    done = CliRunner().invoke(command, ["translation", *asked])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert {"bleu", "chrf", "sentences_per_second", "engine", "model", "signature"} <= set(result)
    assert result["signature"]["chrf"].startswith("nrefs:1")


def test_files_of_unlike_length_are_told(models: Path, tmp_path: Path) -> None:
    for name, lines in (("s.txt", "a\nb\n"), ("r.txt", "a\n")):
        (tmp_path / name).write_text(lines, encoding="utf-8")
    asked = ["--source", str(tmp_path / "s.txt"), "--reference", str(tmp_path / "r.txt")]
    done = CliRunner().invoke(command, ["translation", *asked, "--from", "ar"])
    assert isinstance(done.exception, InputError)
    assert "2 lines" in str(done.exception)


def test_nothing_that_translates_is_an_error_that_names_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="monitor models pull opus-mt-fr-en"):
        evaluate_translation(["Bonjour"], ["Hello"], "fr", tmp_path)


def test_without_sacrebleu_the_extra_is_named(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ModelError, match=r"monitor\[evaluate\]"):
        evaluate_translation(SOURCES, ENGLISH, "ar", models)

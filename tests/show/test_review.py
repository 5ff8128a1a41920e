"""Reviewing asks what teaches most, shows why, and only ever adds decisions."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.errors import InputError
from monitor.model import Event, LinkedPost
from monitor.show.block import Look
from monitor.show.review import Review, answer, begin, question
from monitor.show.text import width
from monitor.store import SqliteStore
from tests.show.samples import NOON, STRIKES, link, linked, plain


def suggested(n: int, probability: float) -> LinkedPost:
    lp = linked(n)
    links = (link(f"x:{n}", probability=probability, status="suggested"),)
    return replace(lp, analysis=replace(lp.analysis, links=links))


def sitting() -> Review:
    return begin([suggested(1, 0.89), suggested(2, 0.52), linked(3), plain(4), suggested(5, 0.7)])


def test_the_least_certain_link_comes_first_and_only_suggestions_are_asked() -> None:
    assert [lp.post.id for lp, _ in sitting().items] == ["x:2", "x:5", "x:1"]


def test_a_post_that_repeats_another_is_asked_last() -> None:
    repeat = suggested(9, 0.5)
    repeat = replace(repeat, duplicates=replace(repeat.duplicates, of="x:1"))
    review = begin([repeat, suggested(1, 0.89)])
    assert [lp.post.id for lp, _ in review.items] == ["x:1", "x:9"]


def test_what_was_said_before_is_shown_when_one_goes_back() -> None:
    review, _ = answer(sitting(), "r", who="ana", now=NOON)
    review, _ = answer(review, "u", who="ana", now=NOON)
    assert f"You said: reject {STRIKES}." in "\n".join(question(review, {}, Look(100)))


def test_arabic_beside_english_keeps_to_its_column() -> None:
    """Without isolates a terminal would take the bar between the columns for part of the Arabic."""
    rows = [row for row in question(sitting(), {}, Look(60)) if "القائم" in row and " | " in row]
    assert rows
    for row in rows:
        left = row.partition(" | ")[0]
        assert left.count("\u2067") + left.count("\u2066") == left.count("\u2069") > 0
        assert width(left) == 28


def test_a_draft_and_doubts_about_it_are_said() -> None:
    lp = suggested(1, 0.6)
    english = replace(lp.analysis.translation, draft=True)  # type: ignore[type-var]
    lp = replace(lp, analysis=replace(lp.analysis, translation=english))
    text = "\n".join(question(begin([lp]), {}, Look(120)))
    assert "draft: #Watch" in text
    assert "! a number is missing" in text


@pytest.mark.parametrize("rtl", ["logical", "visual"])
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_row_of_a_question_is_wider_than_the_terminal(columns: int, rtl: str) -> None:
    look = Look(columns, "visual" if rtl == "visual" else "logical")
    assert all(width(row) <= columns for row in question(sitting(), {}, look)[1:])


@pytest.mark.parametrize(
    ("typed", "verdict", "event"),
    [
        ("a", "accept", STRIKES),
        ("r", "reject", STRIKES),
        ("e tower", "assign", "tower"),
        ("n", "none", None),
    ],
)
def test_an_answer_becomes_a_decision_and_moves_on(
    typed: str, verdict: str, event: str | None
) -> None:
    review, decision = answer(sitting(), typed, who="ana", now=NOON, events=["tower"])
    assert decision is not None
    assert (decision.verdict, decision.event_id, decision.post_id) == (verdict, event, "x:2")
    assert review.at == 1


def test_skipping_decides_nothing() -> None:
    review, decision = answer(sitting(), "s", who="ana", now=NOON)
    assert (review.at, decision) == (1, None)


def test_undo_goes_back_and_the_new_answer_is_added_after_the_old() -> None:
    review, _ = answer(sitting(), "a", who="ana", now=NOON)
    review, _ = answer(review, "u", who="ana", now=NOON)
    review, _ = answer(review, "r", who="ana", now=NOON)
    assert [decision.verdict for decision in review.decided] == ["accept", "reject"]


@pytest.mark.parametrize("typed", ["x", "", "e", "e nowhere", "u"])
def test_an_answer_nobody_understands_changes_nothing(typed: str) -> None:
    with pytest.raises(InputError):
        answer(sitting(), typed, who="ana", now=NOON, events=["tower"])


def test_post_and_event_stand_side_by_side_with_evidence_for_and_against() -> None:
    event = Event(id=STRIKES, title="US strikes", summary="Strikes on 85 targets")
    text = "\n".join(question(sitting(), {STRIKES: event}, Look(100)))
    for said in (
        "1 of 3",
        "52 %",
        "POST x:2",
        "EVENT us-strikes",
        "85 targets",
        "+2.1 place",
        "-0.6 number",
    ):
        assert said in text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config, events and a store with one suggested link."""
    (tmp_path / "events.yaml").write_text(f"- {{id: {STRIKES}, title: US strikes in Iraq}}\n")
    (tmp_path / "config.yaml").write_text("store: m.db\nevents: [events.yaml]\nfeeds: []\n")
    lp = suggested(1, 0.6)
    store = SqliteStore(tmp_path / "m.db")
    store.record_poll(store.feed_states(["presse"])[0], [lp.post], NOON)
    store.save_analyses([(item, lp.analysis) for item in store.pending(10, NOON)])
    store.close()
    return tmp_path


def run(folder: Path, *args: str, typed: str = "") -> tuple[int, str]:
    from monitor.cli import cli

    first, *rest = args
    config = ["--config", str(folder / "config.yaml")]
    result = CliRunner().invoke(cli, [first, *config, *rest], input=typed)
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def statuses(folder: Path) -> list[str]:
    store = SqliteStore(folder / "m.db")
    try:
        return [each.status for lp in store.linked() for each in lp.analysis.links]
    finally:
        store.close()


def test_a_link_is_accepted_and_rejected_by_its_id(folder: Path) -> None:
    name = link("x:1").id
    assert run(folder, "review", "accept", name)[0] == 0
    assert statuses(folder) == ["accepted"]
    assert run(folder, "review", "reject", name)[0] == 0
    assert statuses(folder) == ["rejected"]


def test_the_settings_file_may_be_named_after_the_subcommand(folder: Path) -> None:
    from monitor.cli import cli

    config = ["--config", str(folder / "config.yaml")]
    result = CliRunner().invoke(cli, ["review", "accept", link("x:1").id, *config])
    assert (result.exit_code, statuses(folder)) == (0, ["accepted"])


def test_an_unknown_link_suggests_the_nearest(folder: Path) -> None:
    name = link("x:1").id
    status, output = run(folder, "review", "accept", name[:-1] + ("0" if name[-1] != "0" else "1"))
    assert status == 1
    assert name in output


def test_an_unknown_event_suggests_the_nearest_everywhere(folder: Path) -> None:
    for args in (("review", "assign", "x:1", STRIKES[:-1]), ("links", "--event", STRIKES[:-1])):
        status, output = run(folder, *args)
        assert status == 2
        assert f"did you mean '{STRIKES}'" in output


def test_interactive_review_keeps_each_decision_at_once(folder: Path) -> None:
    status, output = run(folder, "review", typed="bogus\na\n")
    assert status == 0
    assert "is no answer" in output
    assert "1 decided" in output
    assert statuses(folder) == ["accepted"]


def test_the_last_answer_can_be_taken_back(folder: Path) -> None:
    status, output = run(folder, "review", typed="a\nu\nr\nq\n")
    assert status == 0
    assert "All asked" in output
    assert statuses(folder) == ["rejected"]


def test_links_prints_what_the_filter_asks_for(folder: Path) -> None:
    assert '"x:1"' in run(folder, "links", "--status", "suggested")[1]
    assert run(folder, "links", "--status", "confirmed") == (0, "")
    assert run(folder, "links", "--min", "0.7") == (0, "")
    assert run(folder, "links", "--follow", "--format", "csv", "--limit", "1")[1].count("\n") == 2


def test_links_writes_a_whole_file(folder: Path) -> None:
    out = folder / "out.geojson"
    assert run(folder, "links", "--format", "geojson", "--out", str(out))[0] == 0
    assert "FeatureCollection" in out.read_text()


def test_options_that_cannot_work_together_are_wrong_usage(folder: Path) -> None:
    assert run(folder, "links", "--follow", "--format", "json")[0] == 2


@pytest.mark.parametrize("command", [["links"], ["watch"], ["watch", "--json"]])
def test_a_reader_that_stops_reading_is_no_failure(folder: Path, command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    start = [sys.executable, "-c", "from monitor.cli import main; main()", *command]
    ended = subprocess.run(
        [*start, "--config", str(folder / "config.yaml")],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    said = ended.stderr.replace(b"no daemon runs on this store: start `monitor run`\n", b"")
    assert (ended.returncode, said) == (0, b"")

"""A report stands on its own: counted right, with evidence, harmless to open."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import cli
from monitor.model import LinkedPost
from monitor.show.report.charts import bars, bars_over_time, map_of
from monitor.show.report.facts import STRONGEST, Facts, facts
from monitor.show.report.page import html, markdown
from tests.show.alerts.samples import a_store
from tests.show.samples import ARABIC, ENGLISH, NOON, STRIKES, link, linked, plain

DAY = timedelta(days=1)


def told(posts: list[LinkedPost], title: str = "US strikes") -> Facts:
    return facts(posts, STRIKES, title, NOON - DAY, NOON)


def with_link(n: int, **changes: object) -> LinkedPost:
    lp = linked(n)
    one = replace(link(f"x:{n}"), **changes)  # type: ignore[arg-type]
    return replace(lp, analysis=replace(lp.analysis, links=(one,)))


def test_only_posts_about_the_event_in_the_time_asked_for_are_counted() -> None:
    late = linked(9)
    late = replace(late, post=replace(late.post, published_at=NOON + DAY))
    posts = [linked(1), linked(2), plain(3), late, with_link(4, status="rejected")]
    report = told(posts)
    assert report.posts == 2
    assert sum(number for _, number in report.timeline) == 2
    assert report.languages == (("ar", 2),)
    assert report.places == (("Al-Qaim, IQ", 34.37, 41.08, 2),)


def test_the_timeline_has_no_gaps_and_covers_the_whole_time() -> None:
    times = [at for at, _ in told([linked(1)]).timeline]
    steps = {later - earlier for earlier, later in pairwise(times)}
    assert steps == {timedelta(minutes=30)}
    assert times[0] <= NOON - DAY
    assert times[-1] < NOON


def test_a_long_time_with_few_posts_is_drawn_around_the_posts() -> None:
    report = facts([linked(1)], STRIKES, "US strikes", NOON - 1000 * DAY, NOON + DAY)
    times = [at for at, _ in report.timeline]
    assert times[-1] - times[0] < DAY
    assert sum(number for _, number in report.timeline) == 1


def test_countries_are_named_and_not_drawn_where_nothing_happened() -> None:
    lp = linked(1)
    country = replace(lp.analysis.places[0], name="Iraq", kind="country")
    lp = replace(lp, analysis=replace(lp.analysis, places=(*lp.analysis.places, country)))
    report = told([lp])
    assert report.named == (("Al-Qaim, IQ", 1), ("Iraq, IQ", 1))
    assert [name for name, *_ in report.places] == ["Al-Qaim, IQ"]


def test_no_name_on_the_map_is_written_over_another() -> None:
    near = [(f"Town {n}", 34.0 + n / 1000, 41.0, 9 - n) for n in range(9)]
    picture = map_of([*near, ("Far", 10.0, 60.0, 5)])
    assert picture.count("Town") == 1
    assert "Far (5)" in picture


def test_a_place_far_away_named_once_does_not_make_a_dot_of_the_rest() -> None:
    picture = map_of(
        [("Al-Qaim", 34.4, 41.0, 200), ("Akashat", 33.7, 40.0, 90), ("Far", 15, 44, 1)]
    )
    assert "Akashat (90)" in picture
    assert "Far" not in picture
    assert "1 more, seldom named, not drawn" in picture


def test_a_draft_is_called_one_in_both_forms() -> None:
    lp = linked(1)
    english = replace(lp.analysis.translation, draft=True)  # type: ignore[type-var]
    lp = replace(lp, analysis=replace(lp.analysis, translation=english))
    assert '<b class="draft"' in html(told([lp]))
    assert "> draft: " in markdown(told([lp]))


def test_the_strongest_come_first_what_people_accepted_before_all_and_repeats_are_left_out() -> (
    None
):
    repeat = linked(5)
    repeat = replace(repeat, duplicates=replace(repeat.duplicates, of="x:1"))
    posts = [
        with_link(1, probability=0.6),
        with_link(2, probability=0.9),
        with_link(3, probability=0.55, status="accepted"),
        repeat,
    ]
    report = told(posts)
    assert [lp.post.id for lp, _ in report.strongest] == ["x:3", "x:2", "x:1"]
    assert report.repeats == 1


def test_memory_does_not_grow_with_the_posts() -> None:
    assert len(told([linked(n) for n in range(STRONGEST * 3)]).strongest) == STRONGEST


def test_both_forms_hold_originals_translations_reasons_and_contradictions() -> None:
    page = html(told([linked(1)]))
    for said in (ARABIC, ENGLISH, "where the strikes fell", "-0.6", "no number in common", "97 %"):
        assert said in page
    text = markdown(told([linked(1)]))
    for said in ("شاهد", "Explosions after", "where the strikes fell", "Against: number", "97 %"):
        assert said in text


def test_charts_are_well_formed_pictures_whatever_the_names_hold() -> None:
    name = "<script>\x1b&\ud800"
    for picture in (
        bars_over_time(told([linked(1)]).timeline),
        bars([(name, 3)], "x"),
        map_of([(name, 34.0, 41.0, 2), ("South", -33.9, -70.0, 1)]),
    ):
        assert ET.fromstring(picture).tag.endswith("svg")


def test_hostile_text_neither_runs_nor_marks_up() -> None:
    hostile = "<script>alert(1)</script> ![x](http://evil) \x1b[2J\u202e"
    lp = linked(1, hostile)
    lp = replace(lp, post=replace(lp.post, url="javascript:alert(1)"))
    page, text = html(told([lp], hostile)), markdown(told([lp], hostile))
    assert "<script" not in page
    assert "javascript:" not in page + text
    assert "Content-Security-Policy" in page
    assert "![x](http" not in text
    assert not {"\x1b", "\u202e"} & set(page + text)


def test_a_report_on_silence_says_so_and_is_still_a_page() -> None:
    assert "0 posts" in markdown(told([]))
    assert "0 posts" in html(told([]))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("2024-02-02 (Al-Qaim)", "2024-02-02 (Al-Qaim)"),
        ("- not a list", "\\- not a list"),
        ("1. not a list", "1\\. not a list"),
        ("# not a title", "\\# not a title"),
        ("![x](http://evil)", "!\\[x\\](http://evil)"),
        ("<b> *x* _y_ `z` a|b", "\\<b\\> \\*x\\* \\_y\\_ \\`z\\` a\\|b"),
        ("&lt; & c", "\\&lt; & c"),
    ],
)
def test_markdown_means_what_was_said_with_few_backslashes(said: str, written: str) -> None:
    assert f"> {written}\n" in markdown(told([linked(1, said)]))


def test_a_markdown_page_in_a_file_has_its_pictures_beside_it(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text(f"- {{id: {STRIKES}, title: US strikes}}\n")
    (tmp_path / "config.yaml").write_text("feeds: []\n")
    a_store(tmp_path, [linked(1)]).close()
    config = ["--config", str(tmp_path / "config.yaml"), "--event", STRIKES]
    out = tmp_path / "a report.md"
    args = ["report", *config, "--since", "2024-02-01", "--out", str(out)]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    assert "](a%20report-timeline.svg)" in out.read_text("utf-8")
    pictures = sorted(each.name for each in tmp_path.glob("*.svg"))
    assert pictures == [
        f"a report-{name}.svg" for name in ("languages", "map", "places", "sources", "timeline")
    ]
    for each in tmp_path.glob("*.svg"):
        assert ET.fromstring(each.read_text("utf-8")).tag.endswith("svg")

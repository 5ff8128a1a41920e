"""The linker learns from people's decisions, and is measured on those it did not learn from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import InputError, ModelError
from monitor.link import Linker, LinkInput, tuned
from monitor.link.evidence import FEATURES
from monitor.link.learn import (
    Learned,
    Thresholds,
    choose_thresholds,
    labels_of,
    learn_from,
    samples_of,
    split,
)
from monitor.link.score import load_thresholds, load_weights
from monitor.link.tune import Sample
from monitor.model import Decision, Event, Language, Verdict
from monitor.text.embed import Encoder
from tests.builders import a_post

NOW = datetime(2024, 2, 3, tzinfo=UTC)
THRESHOLDS = Thresholds(0.5, 0.9)
AT = {name: column for column, name in enumerate(FEATURES)}


def said(post: str, event: str | None, verdict: Verdict, minute: int = 0) -> Decision:
    return Decision(post, event, verdict, "ana", NOW + timedelta(minutes=minute))


def labelled(n: int, telling: str, *, seed: int = 0) -> list[Sample]:
    """Posts whose right event shows in the evidence ``telling`` and whose other evidence is alike
    for all; two in three are about a known event."""
    draw = np.random.default_rng(seed)
    samples = []
    for i in range(n):
        features = np.zeros((8, len(FEATURES)))
        features[:, AT["dense"]] = draw.normal(0.5, 0.08, 8)
        features[:, AT["words"]] = draw.uniform(0.1, 0.4, 8)
        features[:, [AT["matched"], AT["content"], AT["near"]]] = 0.6
        right = int(draw.integers(8)) if i % 3 else -1
        if right >= 0:
            features[right, AT[telling]] += 0.8
        samples.append(Sample(features, right, f"event-{i % 12}"))
    return samples


def learned(samples: Sequence[Sample]) -> Learned:
    weights = load_weights()
    return learn_from(samples, shipped=weights, now=weights, thresholds=THRESHOLDS)


def test_evidence_the_weights_in_use_pass_over_is_learned_and_shows_on_unseen_decisions() -> None:
    samples = labelled(180, "numbers")
    shipped = load_weights()
    shipped = replace(shipped, features={**shipped.features, "numbers": 0.0})
    found = learn_from(samples, shipped=shipped, now=shipped, thresholds=THRESHOLDS)
    assert found.better
    before, after = found.before["right_event_first"], found.after["right_event_first"]
    assert before is not None
    assert after is not None
    assert after > before + 0.05
    assert found.weights.features["numbers"] > 0
    # On posts of other events, which it was never shown:
    others = labelled(200, "numbers", seed=1)
    shares = [
        np.mean([np.argmax(s.features @ w.vector) == s.right for s in others if s.right >= 0])
        for w in (shipped, found.weights)
    ]
    assert shares[1] > shares[0] + 0.05


def test_decisions_that_say_nothing_are_not_mistaken_for_progress() -> None:
    draw = np.random.default_rng(5)
    samples = labelled(90, "numbers")
    shuffled = draw.permutation([sample.right for sample in samples])
    noise = [Sample(s.features, int(r), s.group) for s, r in zip(samples, shuffled, strict=True)]
    found = learned(noise)
    first = found.after["right_event_first"]
    assert first is not None
    assert first < 0.4  # one in eight by chance: what was learned by heart does not count


def test_too_few_decisions_and_one_sided_ones_are_refused_with_what_is_missing() -> None:
    with pytest.raises(InputError, match="tuning needs 20 more") as caught:
        learned(labelled(10, "numbers"))
    assert "can be learned from: 10 (6 yes, 4 no)" in str(caught.value)
    yes = [s for s in labelled(120, "numbers") if s.right >= 0]
    with pytest.raises(InputError, match="10 more, at least 10 no"):
        learned(yes)
    no = [s for s in labelled(120, "numbers") if s.right < 0]
    with pytest.raises(InputError, match="10 more, at least 10 yes"):
        learned(no)


def test_posts_of_one_event_stay_together_and_few_events_are_split_by_post() -> None:
    samples = labelled(60, "numbers")
    folds = split(samples, 5)
    assert {len({f for s, f in zip(samples, folds, strict=True) if s.group == group})
            for group in {s.group for s in samples}} == {1}  # fmt: skip
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]
    assert max(map(folds.count, range(5))) <= 15
    single = split([Sample(s.features, s.right, "one") for s in samples], 5)
    assert [single.count(fold) for fold in range(5)] == [12] * 5


def test_what_was_said_last_of_a_post_counts() -> None:
    decisions = [
        said("p1", "a", "accept"),
        said("p1", "b", "reject"),  # the other link of the same post
        said("p2", "a", "accept"),
        said("p2", "a", "reject"),
        said("p3", "a", "reject"),
        said("p3", "b", "assign"),
        said("p4", "a", "accept"),
        said("p4", None, "none"),
    ]
    assert labels_of(decisions) == {
        "p1": ("a", True),
        "p2": ("a", False),
        "p3": ("b", True),
        "p4": (None, True),
    }


def test_decisions_become_samples_and_unknown_posts_and_events_are_passed_over(
    encoder: Encoder,
) -> None:
    linker = Linker(
        [Event(id="a", title="Bridge collapse"), Event(id="b", title="Ferry sinks")],
        encoder=encoder,
    )
    posts = {
        p.id: LinkInput(p, Language("en", 1))
        for p in (a_post("1", "The bridge fell"), a_post("2", "Ferry lost"), a_post("3", "Lunch"))
    }
    one, two, three = posts
    decisions = [
        said(one, "a", "accept"),
        said(two, "a", "reject"),
        said(three, None, "none"),
        said("gone:9", "a", "accept"),
        said(one, "forgotten", "reject"),
    ]
    samples = samples_of(linker, posts, decisions)
    assert [(s.right >= 0, s.excluded >= 0) for s in samples] == [
        (False, True),
        (False, False),
        (True, False),
    ]


def test_thresholds_move_to_where_links_are_right_as_often_as_they_should_be() -> None:
    draw = np.random.default_rng(2)
    p = draw.uniform(0.3, 1.0, 600)
    timid = [(float(x), bool(x > 0.75 or draw.random() < 0.5), True) for x in p]
    bold = [(float(x), bool(draw.random() < x - 0.2), True) for x in p]
    assert 0.6 <= choose_thresholds(timid, THRESHOLDS).confirm < 0.9
    assert choose_thresholds(bold, THRESHOLDS).confirm == 0.95
    assert choose_thresholds(timid[:10], THRESHOLDS) == THRESHOLDS  # too few to tell


def test_tuned_weights_are_versions_in_a_folder_and_the_newest_can_be_taken_back(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "tuned"
    assert tuned.current(folder) is None
    weights = load_weights()
    first = tuned.keep(folder, weights, suggest=0.4, confirm=0.8)
    second = tuned.keep(folder, weights, suggest=0.5, confirm=0.85)
    assert [first.name, second.name] == ["weights-1.json", "weights-2.json"]
    assert load_thresholds(second) == (0.5, 0.85)
    tuned.revert(folder)
    kept = tuned.current(folder)
    assert kept is not None
    assert (kept.path, kept.confirm) == (first, 0.8)
    assert tuned.keep(folder, weights, suggest=0.5, confirm=0.9).name == "weights-3.json"
    tuned.revert(folder)
    tuned.revert(folder)
    with pytest.raises(InputError, match="no tuned weights"):
        tuned.revert(folder)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"suggest": 0.9, "confirm": 0.5}'])
def test_a_damaged_file_of_tuned_weights_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "weights-1.json").write_text(text)
    with pytest.raises(ModelError, match="weights-1"):
        tuned.current(tmp_path)

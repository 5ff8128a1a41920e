"""Learning from people: what their decisions say about the linker's weights and thresholds.

Nothing here is told what it is measured on: decisions are split into folds by event (by post where
few events were decided on), weights are fitted on the other folds, and thresholds are chosen on
folds within those (nested cross-validation, Varma & Simon 2006).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.errors import InputError
from monitor.link.inputs import LinkInput
from monitor.link.linker import Linker
from monitor.link.metrics import auc, expected_calibration_error, precision_recall_f1
from monitor.link.score import Weights
from monitor.link.tune import Sample, fit, predict
from monitor.model import Decision

LEAST = 30  # decisions that can be learned from
LEAST_OF_EACH = 10  # of these that say yes, and that say no
MOST = 2000  # the latest; older ones are passed over
_FOLDS, _INNER = 5, 3
_PULL = 30.0  # decisions that the shipped weights are worth
CONFIRMED_RIGHT = 0.9  # how often confirmed links are to be right
_CONFIRM_WITHIN = 0.6, 0.95
_FEWEST_ABOVE = 15  # links above a threshold before anything is concluded from them

Predicted = tuple[float, bool, bool]  # probability of the best, whether it is right, whether any is


@dataclass(frozen=True, slots=True)
class Thresholds:
    suggest: float
    confirm: float


@dataclass(frozen=True, slots=True)
class Learned:
    """``before`` and ``after`` are measured on decisions that were not learned from."""

    weights: Weights
    thresholds: Thresholds
    decisions: int
    events: int
    before: Mapping[str, float | None]
    after: Mapping[str, float | None]

    @property
    def better(self) -> bool:
        """Whether what was refitted is less surprised by decisions it has not seen."""
        return (self.after["log_loss"] or 0.0) < (self.before["log_loss"] or 0.0) - 1e-3


def learn(
    linker: Linker,
    posts: Mapping[str, LinkInput],
    decisions: Sequence[Decision],
    *,
    shipped: Weights,
    now: Weights,
    thresholds: Thresholds,
) -> Learned:
    """Refit ``shipped`` to what people decided and compare with ``now``, which is in use.

    ``posts`` are those decided on, by id, and ``decisions`` all there are, oldest first. ``linker``
    must not have grown with accepted posts: these would be recognised, not linked. Nothing is
    written.
    Raises :class:`InputError` where there are too few decisions, or nearly all say the same.
    """
    samples = samples_of(linker, posts, decisions)[-MOST:]
    return learn_from(samples, shipped=shipped, now=now, thresholds=thresholds)


def learn_from(
    samples: Sequence[Sample], *, shipped: Weights, now: Weights, thresholds: Thresholds
) -> Learned:
    """See :func:`learn`."""
    _enough(samples)
    folds = split(samples, _FOLDS)
    before: list[tuple[Predicted, Thresholds]] = []
    after: list[tuple[Predicted, Thresholds]] = []
    for fold in range(_FOLDS):
        train = [s for s, f in zip(samples, folds, strict=True) if f != fold]
        test = [s for s, f in zip(samples, folds, strict=True) if f == fold]
        weights = fit(train, shipped, pull=_PULL)
        chosen = choose_thresholds(_unseen(train, shipped), thresholds)
        for old, new in zip(_judged(test, now), _judged(test, weights), strict=True):
            if old is not None and new is not None:
                before.append((old, thresholds))
                after.append((new, chosen))
    return Learned(
        weights=fit(samples, shipped, pull=_PULL),
        thresholds=choose_thresholds(_unseen(samples, shipped), thresholds),
        decisions=len(samples),
        events=len({s.group for s in samples if not s.group.startswith("none:")}),
        before=report(before),
        after=report(after),
    )


def samples_of(
    linker: Linker, posts: Mapping[str, LinkInput], decisions: Sequence[Decision]
) -> list[Sample]:
    """Decisions as labelled samples, oldest first.

    One about a post or event that is not known any more is passed over.
    """
    said = {key: told for key, told in labels_of(decisions).items() if key in posts}
    found = linker.features_many([posts[post_id] for post_id in said])
    rows_by_id = linker.catalogue.rows_by_id
    samples = []
    for (post_id, (event_id, yes)), (_, rows, features) in zip(said.items(), found, strict=True):
        places = np.flatnonzero(rows == rows_by_id.get(event_id or "", -1))
        at = int(places[0]) if len(places) else -1
        group = event_id or f"none:{post_id}"
        if event_id is None:
            samples.append(Sample(features, -1, group))
        elif at >= 0:
            samples.append(Sample(features, at if yes else -1, group, excluded=-1 if yes else at))
    return samples


def labels_of(decisions: Iterable[Decision]) -> dict[str, tuple[str | None, bool]]:
    """What people said of each post in the end, from all ``decisions``, oldest first.

    ``(event, True)``: it is about that one; ``(event, False)``: not about that one, and nobody said
    about which; ``(None, True)``: about none. Posts come in the order last decided on.
    """
    yes: dict[str, str | None] = {}
    no: dict[str, str] = {}
    order: dict[str, None] = {}
    for decision in decisions:
        post, event = decision.post_id, decision.event_id
        order.pop(post, None)
        order[post] = None
        if decision.verdict in ("accept", "assign", "none"):
            yes[post] = event
        elif event is not None:
            no[post] = event
            if yes.get(post) == event:
                del yes[post]
    return {post: (yes[post], True) if post in yes else (no[post], False) for post in order}


def _enough(samples: Sequence[Sample]) -> None:
    yes = sum(sample.right >= 0 for sample in samples)
    no = len(samples) - yes
    kinds = {"yes": max(LEAST_OF_EACH - yes, 0), "no": max(LEAST_OF_EACH - no, 0)}
    more = max(LEAST - len(samples), sum(kinds.values()))
    if more > 0:
        wanted = " and ".join(f"{n} {kind}" for kind, n in kinds.items() if n)
        raise InputError(
            f"decisions that can be learned from: {len(samples)} ({yes} yes, {no} no); tuning needs"
            f" {more} more{f', at least {wanted}' if wanted else ''}: go on with `monitor review`"
        )


def split(samples: Sequence[Sample], folds: int) -> list[int]:
    """The fold of each sample: all of one event in one fold, folds about equally large.

    Where fewer events than folds were decided on, posts are split instead.
    """
    groups = [sample.group for sample in samples]
    if len({group for group in groups if not group.startswith("none:")}) < folds:
        groups = [f"{i}" for i in range(len(samples))]
    sizes = [0] * folds
    of: dict[str, int] = {}
    for group, size in sorted(Counter(groups).items(), key=lambda item: (-item[1], item[0])):
        of[group] = sizes.index(min(sizes))
        sizes[of[group]] += size
    return [of[group] for group in groups]


def _judged(samples: Sequence[Sample], weights: Weights) -> list[Predicted | None]:
    """What ``weights`` say; None where a person said no to another event than the best one now,
    so that nobody knows whether the best is right."""
    judged: list[Predicted | None] = []
    for sample, found in zip(samples, predict(samples, weights), strict=True):
        best = int(np.argmax(sample.features @ weights.vector))
        known = sample.excluded < 0 or best == sample.excluded
        judged.append(found if known else None)
    return judged


def _unseen(samples: Sequence[Sample], shipped: Weights) -> list[Predicted]:
    """Each sample predicted by weights that were fitted on the other folds."""
    folds = split(samples, _INNER)
    found: list[Predicted | None] = []
    for fold in range(_INNER):
        train = [s for s, f in zip(samples, folds, strict=True) if f != fold]
        test = [s for s, f in zip(samples, folds, strict=True) if f == fold]
        if train and test:
            found += _judged(test, fit(train, shipped, pull=_PULL))
    return [each for each in found if each is not None]


def choose_thresholds(predicted: Sequence[Predicted], now: Thresholds) -> Thresholds:
    """The lowest thresholds above which links are right often enough, with some certainty: nine in
    ten of the confirmed, and as many of all as the suggest threshold says.

    Confirm stays between 0.6 and 0.95. Suggest is never lowered: people decide on what is shown,
    so nobody knows how often links below it are right. A threshold stays as it is where too few
    links lie above it to tell.
    """
    confirm = _lowest(predicted, now.confirm, CONFIRMED_RIGHT, _CONFIRM_WITHIN)
    suggest = _lowest(predicted, now.suggest, now.suggest, (now.suggest, (1 + now.suggest) / 2))
    return Thresholds(min(suggest, confirm), confirm)


def _lowest(
    predicted: Sequence[Predicted], now: float, wanted: float, within: tuple[float, float]
) -> float:
    least, most = within

    def right_above(threshold: float) -> list[bool]:
        return [right for p, right, _ in predicted if p >= threshold]

    for step in range(round(least * 100), round(most * 100) + 1):
        above = right_above(step / 100)
        if len(above) < _FEWEST_ABOVE:
            break
        if _at_least(sum(above), len(above)) >= wanted:
            return step / 100
    above = right_above(now)
    too_often_wrong = len(above) >= _FEWEST_ABOVE and sum(above) / len(above) < wanted
    return round(most, 2) if too_often_wrong else now


def _at_least(right: int, n: int) -> float:
    """The lower end of Wilson's interval at one standard deviation for ``right`` of ``n``."""
    share = right / n
    spread = math.sqrt(share * (1 - share) / n + 1 / (4 * n * n))
    return (share + 1 / (2 * n) - spread) / (1 + 1 / n)


def report(judged: Sequence[tuple[Predicted, Thresholds]]) -> dict[str, float | None]:
    """Measures of predictions, each with the thresholds it would have been shown by."""
    predicted = [found for found, _ in judged]
    p = np.asarray([found[0] for found in predicted]).clip(1e-4, 1 - 1e-4)
    right = [found[1] for found in predicted]
    about = [found[2] for found in predicted]
    measures: dict[str, float | None] = {
        "decisions": float(len(judged)),
        "right_event_first": sum(right) / sum(about) if sum(about) else None,
        "nil_auc": auc(p.tolist(), about),
        "calibration_error": expected_calibration_error(p.tolist(), right),
        "log_loss": float(-np.log(np.where(right, p, 1 - p)).mean()) if len(p) else None,
    }
    for name in ("confirm", "suggest"):
        made = [found[0] >= getattr(limits, name) for found, limits in judged]
        hits = sum(m and r for m, r in zip(made, right, strict=True))
        precision, recall, f1 = precision_recall_f1(hits, sum(made), sum(about))
        measures[f"{name}_precision"] = precision if sum(made) else None
        measures[f"{name}_recall"] = recall
        measures[f"{name}_f1"] = f1
    return measures

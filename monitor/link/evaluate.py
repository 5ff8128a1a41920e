"""``monitor evaluate linking|discovery``: the text path on labelled posts, as the daemon runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.errors import InputError
from monitor.link import metrics
from monitor.link.discover import Discovery, DiscoveryInput
from monitor.link.events_file import read_instant
from monitor.link.inputs import Candidate, LinkInput
from monitor.link.linker import Linker
from monitor.link.score import Weights
from monitor.model import CONFIRM, Event, Post
from monitor.text.embed import load_encoder
from monitor.text.language import LanguageDetector
from monitor.text.places import Gazetteer

_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 256
_LINKED = 64  # posts the daemon links at once


def read_posts(rows: Iterable[Mapping[str, Any]], *, dated: bool) -> list[Post]:
    """Labelled rows as posts. Raises :class:`InputError` naming a row that cannot be used."""
    posts = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row.get("text"), str) or "event_id" not in row:
            raise InputError(f'post {number}: needs "text" and "event_id" (an id or "NIL")')
        try:
            instant = read_instant(row.get("published_at"), last=False)
        except (ValueError, TypeError) as error:
            raise InputError(f"post {number}: published_at is no ISO 8601 time ({error})") from None
        if instant is None and dated:
            raise InputError(f"post {number}: has no published_at; use --ignore-time without times")
        posts.append(
            Post(
                platform="file",
                external_id=str(row.get("id", number)),
                source="evaluate",
                text=row["text"],
                collected_at=instant[0] if instant else _UNKNOWN,
                published_at=instant[0] if instant else None,
                language_tag=row.get("lang") if isinstance(row.get("lang"), str) else None,
            )
        )
    return posts


def evaluate_linking(
    events: Sequence[Event],
    posts: Iterable[Mapping[str, Any]],
    *,
    ignore_time: bool = False,
    confirm: float = CONFIRM,
    weights: Weights | None = None,
) -> dict[str, Any]:
    """Link labelled posts to ``events`` and compare.

    Posts are linked in batches as they come, in order of time or, without times, of the file: each
    has the earlier ones and its batch around it.

    ``nil_auc`` tells posts of known events from the others by the probability that any event is
    meant; ``nil_f1`` is for "about no known event" where the best candidate's is below one half.
    ``ece`` is over all: is the best candidate right as often as its probability says? A post whose
    event is not among ``events`` counts as NIL. Raises :class:`InputError`.
    """
    rows = list(posts)
    items = read_posts(rows, dated=not ignore_time)
    encoder, gazetteer, detector = load_encoder(), Gazetteer.load(), LanguageDetector()
    known = {event.id for event in events}
    truth = [str(row["event_id"]) if str(row["event_id"]) in known else None for row in rows]
    linker = Linker(
        events, encoder=encoder, gazetteer=gazetteer, weights=weights, confirm=confirm,
        suggest=0.0, ignore_time=ignore_time,
    )  # fmt: skip
    started = time.perf_counter()
    languages = detector.detect_many([p.full_text for p in items], [p.language_tag for p in items])
    inputs = [
        LinkInput(post, language, None, gazetteer.find(post.full_text, language.code))
        for post, language in zip(items, languages, strict=True)
    ]
    order = list(range(len(items)))
    if not ignore_time:
        order.sort(key=lambda i: items[i].at)
    found: dict[int, _Result] = {}
    for start in range(0, len(order), _LINKED):
        chosen = order[start : start + _LINKED]
        answers = linker.candidates_many([inputs[i] for i in chosen], 64)
        for i, candidates in zip(chosen, answers, strict=True):
            found[i] = _result(candidates, truth[i])
    results = [found[i] for i in range(len(items))]
    elapsed = time.perf_counter() - started
    whole = _measures(truth, results, confirm)
    groups: dict[str, list[int]] = {}
    for i, language in enumerate(languages):
        groups.setdefault(language.base, []).append(i)
    whole["events"] = len(events)
    whole["per_language"] = {
        code: _measures([truth[i] for i in chosen], [results[i] for i in chosen], confirm)
        for code, chosen in sorted(groups.items())
        if len(chosen) >= 20
    }
    whole["posts_per_second"] = len(items) / elapsed if elapsed and items else 0.0
    return whole


@dataclass(frozen=True, slots=True)
class _Result:
    """How one post was linked: the best candidate, where the right one is (from 1), and how
    probable it is that any event is meant."""

    best: str | None
    probability: float
    rank: int | None
    known: float


def _result(candidates: Sequence[Candidate], wanted: str | None) -> _Result:
    ids = [candidate.event_id for candidate in candidates]
    rank = ids.index(wanted) + 1 if wanted in ids else None
    if not candidates:
        return _Result(None, 0.0, rank, 0.0)
    return _Result(ids[0], candidates[0].probability, rank, candidates[0].details["known"])


def _measures(
    truth: Sequence[str | None], results: Sequence[_Result], confirm: float
) -> dict[str, Any]:
    pairs = zip(truth, results, strict=True)
    first = [wanted is not None and result.best == wanted for wanted, result in pairs]
    probabilities = [result.probability for result in results]
    about = [wanted is not None for wanted in truth]
    made = sum(p >= confirm for p in probabilities)
    right = sum(p >= confirm and ok for p, ok in zip(probabilities, first, strict=True))
    precision, recall, f1 = metrics.precision_recall_f1(right, made, sum(about))
    said_nil = [p < 0.5 for p in probabilities]
    both = sum(nil and not known for nil, known in zip(said_nil, about, strict=True))
    n = sum(about)
    return {
        "posts": len(truth),
        "accuracy_at_1": sum(first) / n if n else None,
        "mrr": sum(1 / result.rank for result in results if result.rank) / n if n else None,
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "best_f1": metrics.best_f1(probabilities, first, n),
        "nil_auc": metrics.auc([result.known for result in results], about),
        "nil_f1": metrics.precision_recall_f1(both, sum(said_nil), len(truth) - n)[2],
        "ece": metrics.expected_calibration_error(probabilities, first),
    }


def evaluate_discovery(posts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Cluster labelled posts as a stream, by time, with no events given, and compare.

    Posts labelled "NIL" are clustered with the others and left out of the comparison.
    """
    rows = list(posts)
    items = read_posts(rows, dated=True)
    order = sorted(range(len(items)), key=lambda i: items[i].at)
    encoder = load_encoder()
    discovery = Discovery(encoder.dimension)
    started = time.perf_counter()
    found: dict[int, int] = {}
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        vectors = encoder.encode([items[i].full_text for i in chosen])
        inputs = [DiscoveryInput(items[i], v) for i, v in zip(chosen, vectors, strict=True)]
        found.update(zip(chosen, discovery.add_many(inputs), strict=True))
    elapsed = time.perf_counter() - started
    clusters = {i: discovery.resolve(number) for i, number in found.items()}
    labelled = [i for i in order if str(rows[i]["event_id"]) != "NIL"]
    table = metrics.contingency(
        [rows[i]["event_id"] for i in labelled], [clusters[i] for i in labelled]
    )
    return {
        "posts": len(items),
        "best_match_f1": metrics.best_match_f1(table),
        "ami": metrics.adjusted_mutual_information(table),
        "ari": metrics.adjusted_rand_index(table) if table.size else 0.0,
        "bcubed_f1": metrics.bcubed_f1(table),
        "clusters": len(set(clusters.values())),
        "posts_per_second": len(items) / elapsed if elapsed and items else 0.0,
    }

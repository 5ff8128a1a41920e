"""The measures agree with values worked out by hand or known from the papers."""

import pytest

from monitor.link import metrics
from monitor.link.evidence import time_evidence


def test_auc_counts_pairs_in_order_and_ties_half() -> None:
    assert metrics.auc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == pytest.approx(0.875)
    assert metrics.auc([0.9], [True]) is None


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    assert metrics.expected_calibration_error([0.95] * 4, [True] * 3 + [False]) == pytest.approx(
        0.2
    )


def test_perfect_clusters_score_one_and_one_big_cluster_does_not() -> None:
    perfect = metrics.contingency(["a", "a", "b", "b"], [1, 1, 2, 2])
    lumped = metrics.contingency(["a", "a", "b", "b"], [1, 1, 1, 1])
    for measure in (
        metrics.best_match_f1,
        metrics.adjusted_mutual_information,
        metrics.adjusted_rand_index,
        metrics.bcubed_f1,
    ):
        assert measure(perfect) == pytest.approx(1.0)
        assert measure(lumped) < 0.7


def test_ami_agrees_with_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    truth, found = [0, 0, 1, 1, 2, 2, 2, 3], [0, 1, 1, 1, 2, 2, 0, 3]
    ours = metrics.adjusted_mutual_information(metrics.contingency(truth, found))
    assert ours == pytest.approx(sklearn.adjusted_mutual_info_score(truth, found))


def test_time_speaks_for_near_against_far_and_not_at_all_without_dates() -> None:
    import numpy as np

    starts, ends = np.array([100.0, 400.0, np.nan]), np.array([124.0, 424.0, np.nan])
    near, lasting, before, after = time_evidence(110.0, starts, ends)
    assert near[0] == lasting[0] == 1.0
    assert before[1] > 1 > near[1]
    assert (near[2], lasting[2], before[2], after[2]) == (0.0, 0.0, 0.0, 0.0)

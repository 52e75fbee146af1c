"""One easy example of each criterion. The hidden tests ask for all that the brief says."""

import numpy as np
import pytest

from grader.examiner.oracle import assert_close, cpu_ratio, number

TRUTH = [1, 1, 1, 1, 0, 0, 0, 0]
PREDICTED = [1, 0, 0, 0, 1, 0, 0, 0]
SCORES = [0.9, 0.4, 0.3, 0.2, 0.8, 0.35, 0.1, 0.0]


@pytest.mark.criterion("precision")
def test_one_of_two_predicted_positives_is_right(candidate):
    """Two entries are predicted to be positive and one of them is: 1/2."""
    found = number(candidate.classification_metrics.precision(TRUTH, PREDICTED), name="precision")
    assert_close(found, 0.5, rtol=1e-9, name="precision")


@pytest.mark.criterion("recall")
def test_one_of_four_positives_is_found(candidate):
    """Four entries are positive and one of them is predicted: 1/4."""
    found = number(candidate.classification_metrics.recall(TRUTH, PREDICTED), name="recall")
    assert_close(found, 0.25, rtol=1e-9, name="recall")


@pytest.mark.criterion("roc_auc")
def test_the_area_counts_pairs(candidate):
    """Of 16 pairs, the positive entries win 4 + 3 + 2 + 2."""
    found = number(candidate.classification_metrics.roc_auc(TRUTH, SCORES), name="roc_auc")
    assert_close(found, 11 / 16, rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("tied_scores")
def test_equal_scores_count_one_half(candidate):
    """Pairs: 2 over 1 wins, 2 over 2 is a draw, 1 over 1 is a draw, 1 over 2 is lost."""
    found = number(candidate.classification_metrics.roc_auc([1, 1, 0, 0], [2, 1, 1, 2]), name="roc_auc")
    assert_close(found, 0.5, rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("degenerate")
def test_a_share_of_nothing_is_what_the_caller_says(candidate):
    """Nothing is predicted to be positive, so precision is zero_division."""
    found = candidate.classification_metrics.precision(TRUTH, [0] * 8, zero_division=0.75)
    assert_close(number(found, name="precision"), 0.75, rtol=1e-9, name="precision")


@pytest.mark.criterion("labels")
def test_labels_may_be_texts(candidate):
    """The positive class is the one that the caller names."""
    truth, predicted = ["yes", "yes", "no", "no"], ["yes", "yes", "yes", "no"]
    found = candidate.classification_metrics.precision(truth, predicted, positive="yes")
    assert_close(number(found, name="precision"), 2 / 3, rtol=1e-9, name="precision")


@pytest.mark.criterion("bad_input")
def test_lengths_that_differ_are_refused(candidate):
    """Eight labels and seven predictions do not belong together: ValueError."""
    number(candidate.classification_metrics.precision(TRUTH, PREDICTED), name="precision")
    with pytest.raises(ValueError):
        candidate.classification_metrics.precision(TRUTH, PREDICTED[:7])


@pytest.mark.criterion("speed")
def test_many_entries_are_quick(candidate, reference, rng):
    """100,000 entries cost a small multiple of whole-array operations."""
    truth, scores = rng.permutation(np.arange(100_000) % 2), rng.normal(size=100_000)
    found = []

    def work(subject, turn):
        found.append(subject.classification_metrics.roc_auc(truth, scores + truth))

    ratio = cpu_ratio(work, candidate, reference, rounds=3)
    assert number(found[-1], name="roc_auc") > 0.7, "roc_auc should be near 0.76"
    assert ratio < 8, f"roc_auc should cost at most 8 times the reference, but costs {ratio:.1f} times"

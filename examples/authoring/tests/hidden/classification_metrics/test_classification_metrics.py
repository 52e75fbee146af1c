"""Precision, recall and ROC AUC: values, ties, empty classes, labels, refusals, speed."""

import numpy as np
import pytest

from grader.examiner.oracle import assert_at_most, assert_close, assert_same, cpu_ratio, number


def measured(candidate, name, *arguments, **settings):
    """Return what a measure of the submission gives, as a plain number."""
    return number(getattr(candidate.classification_metrics, name)(*arguments, **settings), name=name)


def classified(rng, *, hits=None, false_alarms=None, misses=None, rest=None):
    """Draw labels and predictions, 1 and 0, with so many of each kind; return them with the counts."""
    drawn = [int(n) for n in rng.choice(np.arange(3, 30), size=4, replace=False)]
    counts = [own if own is not None else n for own, n in zip((hits, false_alarms, misses, rest), drawn, strict=True)]
    order = rng.permutation(sum(counts))
    return np.repeat([1, 0, 1, 0], counts)[order], np.repeat([1, 1, 0, 0], counts)[order], counts


def scored(rng, n_positive=25, n_negative=40, shift=1.0):
    """Draw labels and scores without ties, higher for the positive ones on the whole."""
    truth = rng.permutation(np.repeat([1, 0], [n_positive, n_negative]))
    return truth, rng.normal(size=n_positive + n_negative) + shift * truth


def share_of_pairs(truth, scores):
    """Return the area by its definition: over all pairs, one for a win and one half for a draw."""
    gaps = scores[truth == 1][:, None] - scores[truth == 0][None, :]
    return np.mean((gaps > 0) + 0.5 * (gaps == 0))


@pytest.mark.criterion("precision")
def test_precision_is_the_share_of_predicted_positives_that_are_right(candidate, rng):
    """TP / (TP + FP), for counts that all differ, so that no other ratio of them fits."""
    truth, predicted, (hits, false_alarms, _, _) = classified(rng)
    found = measured(candidate, "precision", truth, predicted)
    assert_close(found, hits / (hits + false_alarms), rtol=1e-9, name="precision")


@pytest.mark.criterion("precision")
def test_precision_does_not_ask_what_was_missed(candidate, rng):
    """More misses, or more entries that nobody asked for, leave precision as it was."""
    for misses, rest in ((0, 40), (90, 1)):
        truth, predicted, _ = classified(rng, hits=7, false_alarms=4, misses=misses, rest=rest)
        assert_close(measured(candidate, "precision", truth, predicted), 7 / 11, rtol=1e-9, name="precision")


@pytest.mark.criterion("recall")
def test_recall_is_the_share_of_positives_that_were_found(candidate, rng):
    """TP / (TP + FN), for counts that all differ, so that no other ratio of them fits."""
    truth, predicted, (hits, _, misses, _) = classified(rng)
    found = measured(candidate, "recall", truth, predicted)
    assert_close(found, hits / (hits + misses), rtol=1e-9, name="recall")


@pytest.mark.criterion("recall")
def test_recall_does_not_ask_what_else_was_predicted(candidate, rng):
    """More false alarms, or more entries that nobody asked for, leave recall as it was."""
    for false_alarms, rest in ((0, 40), (90, 1)):
        truth, predicted, _ = classified(rng, hits=7, false_alarms=false_alarms, misses=4, rest=rest)
        assert_close(measured(candidate, "recall", truth, predicted), 7 / 11, rtol=1e-9, name="recall")


@pytest.mark.criterion("roc_auc")
def test_the_area_is_the_share_of_pairs_in_the_right_order(candidate, rng):
    """How likely a positive entry scores above a negative one: the meaning of the area, and a way to compute it."""
    truth, scores = scored(rng)
    assert_close(
        measured(candidate, "roc_auc", truth, scores), share_of_pairs(truth, scores), rtol=1e-9, name="roc_auc"
    )


@pytest.mark.criterion("roc_auc")
def test_only_the_order_of_the_scores_counts(candidate, rng):
    """Scores need not be probabilities: growing them, shifting them below zero or bending them changes nothing."""
    truth, scores = scored(rng)
    expected = share_of_pairs(truth, scores)
    for changed in (1000 * scores - 5000, np.exp(scores), 1 / (1 + np.exp(-scores))):
        assert_close(measured(candidate, "roc_auc", truth, changed), expected, rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("roc_auc")
def test_a_ranking_worse_than_chance_has_less_than_one_half(candidate, rng):
    """Scores that point the wrong way are a fault of the model, not to be hidden by turning them round."""
    truth, scores = scored(rng, shift=-1.5)
    assert_close(
        measured(candidate, "roc_auc", truth, scores), share_of_pairs(truth, scores), rtol=1e-9, name="roc_auc"
    )


@pytest.mark.criterion("tied_scores")
def test_equal_scores_count_one_half(candidate, rng):
    """Coarse scores, such as those of a small tree, tie often; each tie is half a win."""
    truth, scores = scored(rng, shift=1.2)
    coarse = np.round(scores)
    found = measured(candidate, "roc_auc", truth, coarse)
    assert_close(found, share_of_pairs(truth, coarse), rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("tied_scores")
def test_the_order_of_tied_entries_does_not_matter(candidate, rng):
    """Sorted with the positive entries first or last, a tie is the same tie."""
    truth, scores = scored(rng, shift=1.2)
    coarse = np.round(scores)
    for order in (np.argsort(truth), np.argsort(-truth)):
        found = measured(candidate, "roc_auc", truth[order], coarse[order])
        assert_close(found, share_of_pairs(truth, coarse), rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("tied_scores")
def test_a_constant_score_knows_nothing(candidate, rng):
    """Where all scores are equal the area is one half, however many entries are positive; others are not."""
    truth, scores = scored(rng, n_positive=int(rng.integers(2, 60)), shift=3.0)
    assert measured(candidate, "roc_auc", truth, scores) > 0.6, "scores that tell the classes apart should have more"
    constant = np.full(len(truth), rng.normal())
    assert_close(measured(candidate, "roc_auc", truth, constant), 0.5, rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("tied_scores")
def test_scores_that_differ_in_the_last_digit_are_not_equal(candidate, rng):
    """A confident model gives scores very near to 1; they are in order all the same, and no tolerance blurs them."""
    truth, scores = scored(rng, shift=1.2)
    steps = np.argsort(np.argsort(scores))
    near = 1 - 2.0**-53 * steps[::-1].max() + 2.0**-53 * steps
    found = measured(candidate, "roc_auc", truth, near)
    assert_close(found, share_of_pairs(truth, scores), rtol=1e-9, name="roc_auc")


@pytest.mark.criterion("degenerate")
def test_a_share_of_nothing_is_zero_division(candidate, rng):
    """Nothing predicted, or nothing to find: there is no share; the caller says what stands for it, else 0."""
    value = rng.uniform(0.1, 0.9)
    for name, truth, predicted in (
        ("precision", *classified(rng, hits=0, false_alarms=0)[:2]),
        ("recall", *classified(rng, hits=0, misses=0)[:2]),
    ):
        found = measured(candidate, name, truth, predicted, zero_division=value)
        assert_close(found, value, rtol=1e-9, name=f"{name} of nothing")
        assert_close(measured(candidate, name, truth, predicted), 0.0, name=f"{name} of nothing, by default")


@pytest.mark.criterion("degenerate")
def test_a_share_of_one_entry_is_a_share(candidate, rng):
    """One entry is something: right it counts 1, wrong 0, whatever stands for a share of nothing."""
    first, second = np.eye(int(rng.integers(2, 9)), dtype=int)[:2]
    for name in ("precision", "recall"):
        right = measured(candidate, name, first, first, zero_division=0.5)
        assert_close(right, 1.0, rtol=1e-9, name=f"{name} of one hit")
        wrong = measured(candidate, name, first, second, zero_division=0.5)
        assert_close(wrong, 0.0, name=f"{name} of no hit")


@pytest.mark.criterion("degenerate")
def test_one_class_alone_has_no_area(candidate, rng):
    """Without a pair to order there is nothing to measure, and a made-up 0.5 would look like a result: ValueError."""
    truth, scores = scored(rng, shift=3.0)
    assert measured(candidate, "roc_auc", truth, scores) > 0.6, "scores that tell the classes apart should have more"
    for label in (0, 1):
        with pytest.raises(ValueError):
            candidate.classification_metrics.roc_auc(np.full(len(truth), label), scores)


def check_renamed(candidate, truth, predicted, scores, positive, rename):
    """Check that measures are the same when labels are renamed, by the submission's own answers for 1 and 0."""
    for name, second in (("precision", predicted), ("recall", predicted), ("roc_auc", scores)):
        plain = measured(candidate, name, truth, second)
        renamed = rename(second) if name != "roc_auc" else second
        found = measured(candidate, name, rename(truth), renamed, positive=positive)
        assert_close(found, plain, rtol=1e-9, name=f"{name} with positive={positive!r}")
        other = measured(candidate, name, truth, 1 - second if name != "roc_auc" else -second)
        assert abs(other - plain) > 0.05, f"{name} should differ for answers turned round"


@pytest.mark.criterion("labels")
def test_the_positive_class_is_the_one_that_is_named(candidate, rng):
    """Texts, and numbers of which the positive one is the smaller or 0: measures follow the name, not the order."""
    truth, predicted, _ = classified(rng, hits=20, false_alarms=5, misses=8, rest=30)
    scores = rng.normal(size=63) + 3 * truth
    for positive, negative in (("spam", "ham"), ("cat", "dog"), (0, 1), (-1, 3), (2.5, 0.5)):
        check_renamed(
            candidate, truth, predicted, scores, positive, lambda v, p=positive, n=negative: np.where(v == 1, p, n)
        )


@pytest.mark.criterion("labels")
def test_every_other_label_is_negative(candidate, rng):
    """Of four classes one is positive: mistaking two of the others for each other is no concern of the measures."""
    truth, predicted, _ = classified(rng, hits=20, false_alarms=5, misses=8, rest=30)
    scores = rng.normal(size=63) + 3 * truth
    check_renamed(
        candidate, truth, predicted, scores, 2, lambda v: np.where(v == 1, 2, rng.choice([0, 1, 3], size=len(v)))
    )


@pytest.mark.criterion("labels")
def test_lists_tuples_and_booleans_are_welcome(candidate, rng):
    """Where numbers are expected True is 1, and a list holds the same labels as an array."""
    truth, predicted, _ = classified(rng, hits=20, false_alarms=5, misses=8, rest=30)
    scores = rng.normal(size=63) + 3 * truth
    kinds = (lambda v: v.tolist(), lambda v: tuple(v.tolist()), lambda v: v.astype(bool), lambda v: v.astype(float))
    for rename in kinds:
        check_renamed(candidate, truth, predicted, scores, 1, rename)
    whole = np.round(100 * scores).astype(int)
    found = measured(candidate, "roc_auc", truth, whole.tolist())
    expected = measured(candidate, "roc_auc", truth, whole.astype(float))
    assert_close(found, expected, rtol=1e-9, name="roc_auc of whole numbers")


def check_refused(candidate, rng, change):
    """Check that each function answers good input and raises ValueError for the changed one."""
    truth, predicted, _ = classified(rng)
    for name in ("precision", "recall", "roc_auc"):
        second = predicted if name != "roc_auc" else rng.normal(size=len(truth))
        measured(candidate, name, truth, second)
        for first, other in change(truth, second):
            with pytest.raises(ValueError):
                getattr(candidate.classification_metrics, name)(first, other)


@pytest.mark.criterion("bad_input")
def test_lengths_that_differ_are_refused(candidate, rng):
    """A label without its prediction is a mistake of the caller; one entry is not to be stretched over many."""
    check_refused(candidate, rng, lambda a, b: [(a, b[:-1]), (a[:-1], b), (a, b[:1]), (a[:1], b), (a, b[:0])])


@pytest.mark.criterion("bad_input")
def test_tables_are_refused(candidate, rng):
    """A column of shape (n, 1) would meet one of shape (n,) in an n × n table: ValueError instead."""
    check_refused(candidate, rng, lambda a, b: [(a[:, None], b), (a, b[:, None]), (a[:, None], b[:, None])])


@pytest.mark.criterion("bad_input")
def test_no_entries_are_refused(candidate, rng):
    """Measures of nothing are a mistake of the caller, not a case for zero_division."""
    check_refused(candidate, rng, lambda a, b: [([], []), (a[:0], b[:0])])


@pytest.mark.criterion("bad_input")
def test_scores_that_are_not_finite_are_refused(candidate, rng):
    """NaN has no place in an order, and infinity is the sign of an overflow: ValueError."""
    truth, scores = scored(rng)
    measured(candidate, "roc_auc", truth, scores)
    for value in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError):
            candidate.classification_metrics.roc_auc(
                truth, np.where(np.arange(65) == rng.integers(65), value, scores)
            )


@pytest.mark.criterion("bad_input")
def test_the_arguments_are_left_as_they_were(candidate, rng):
    """Sorting the caller's scores in place would part them from their labels."""
    truth, scores = scored(rng)
    call = candidate.call(candidate.classification_metrics.roc_auc, truth, scores)
    number(call.result, name="roc_auc")
    assert_same(call.arguments[0], truth, name="y_true after the call")
    assert_same(call.arguments[1], scores, name="scores after the call")


@pytest.mark.criterion("bad_input")
def test_arguments_may_be_given_by_name(candidate, rng):
    """The names of the stub are part of the contract: callers rely on them."""
    truth, predicted, _ = classified(rng)
    for name, argument in (("precision", "y_pred"), ("recall", "y_pred"), ("roc_auc", "scores")):
        plain = measured(candidate, name, truth, predicted)
        named = measured(candidate, name, **{argument: predicted, "y_true": truth})
        assert_close(named, plain, rtol=1e-9, name=f"{name} of named arguments")


@pytest.mark.criterion("speed")
def test_counting_needs_no_loop(candidate, reference, rng):
    """Precision and recall of 200,000 entries are a few comparisons of whole arrays."""
    truth = rng.permutation(np.arange(200_000) % 2).astype(np.int8)  # small to send: the work is to be measured
    predicted = np.where(rng.random(200_000) < 0.2, 1 - truth, truth).astype(np.int8)
    found = []

    def work(subject, turn):
        for name in ("precision", "recall") * 4:
            found.append(measured(subject, name, truth, predicted))

    ratio = cpu_ratio(work, candidate, reference, limit=20, rounds=4)
    assert_close(found[-2:], [0.8, 0.8], atol=0.02, name="precision and recall")
    assert_at_most(ratio, 20, name="CPU time of precision and recall over that of the reference")


@pytest.mark.criterion("speed")
def test_the_area_needs_no_table_of_pairs(candidate, reference, rng):
    """200,000 scores are sorted once: 10,000,000,000 pairs are never formed, nor is there a loop over entries."""
    truth = rng.permutation(np.arange(200_000) % 2).astype(np.int8)
    scores = rng.normal(size=200_000) + truth
    found = []

    def work(subject, turn):
        found.append(measured(subject, "roc_auc", truth, scores))

    ratio = cpu_ratio(work, candidate, reference, limit=10, rounds=4)
    assert_close(found[-1], 0.76, atol=0.02, name="roc_auc")
    assert_at_most(ratio, 10, name="CPU time of roc_auc over that of the reference")

"""Statistics against published worked examples, and against the same figures got in another way."""

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.statistics import change_of, mean_of, share, size_in_words

# Student (1908), “The probable error of a mean”, Biometrika 6: extra hours of sleep of ten patients with two drugs.
SLEEP = list(
    zip(
        (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
        (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
        strict=True,
    )
)


class TestShare:
    @pytest.mark.parametrize(
        ("count", "of", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_newcombe_1998_table_1(self, count, of, low, high):
        # Newcombe (1998), “Two-sided confidence intervals for the single proportion”, Statistics in Medicine 17.
        found = share(count, of)
        assert (round(found.interval.low, 4), round(found.interval.high, 4)) == (low, high)

    def test_nothing_of_nobody(self):
        assert share(0, 0) is None

    # The first import of SciPy takes its time.
    @settings(deadline=None)
    @given(st.integers(1, 500), st.data())
    def test_as_scipy_has_it(self, of, data):
        from scipy.stats import binomtest

        count = data.draw(st.integers(0, of))
        expected = binomtest(count, of).proportion_ci(method="wilson")
        found = share(count, of)
        assert found.interval.low == pytest.approx(expected.low, abs=1e-9)
        assert found.interval.high == pytest.approx(expected.high, abs=1e-9)
        assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1


class TestMean:
    def test_interval_as_scipy_has_it(self):
        from scipy import stats

        numbers = [1, 3, 3, 4, 5, 5, 5, 2]
        found = mean_of({number: numbers.count(number) for number in set(numbers)})
        expected = stats.ttest_1samp(numbers, 0).confidence_interval()
        assert (found.n, found.value) == (8, 3.5)
        assert (found.interval.low, found.interval.high) == pytest.approx(tuple(expected))

    def test_one_number_has_no_interval(self):
        assert mean_of({4: 1}).interval is None
        assert mean_of({}) is None


class TestChange:
    def test_sleep_of_ten_patients(self):
        # t.test(extra ~ group, paired = TRUE) of R gives 1.58, from 0.7001142 to 2.4598858.
        found = change_of(Counter(SLEEP))
        assert (found.n, found.before, found.after) == (10, pytest.approx(0.75), pytest.approx(2.33))
        assert found.difference == pytest.approx(1.58)
        assert found.interval.low == pytest.approx(0.7001142)
        assert found.interval.high == pytest.approx(2.4598858)

    def test_effect_of_sleep_data(self):
        # R's effectsize::cohens_d of the same pairs: 1.28, from 0.41 to 2.12.
        found = change_of(Counter(SLEEP))
        assert round(found.effect, 2) == 1.28
        assert (round(found.effect_interval.low, 2), round(found.effect_interval.high, 2)) == (0.41, 2.12)

    def test_interval_of_the_effect_turns_round_with_its_sign(self):
        found = change_of(Counter((after, before) for before, after in SLEEP))
        assert (round(found.effect_interval.low, 2), round(found.effect_interval.high, 2)) == (-2.12, -0.41)

    @pytest.mark.parametrize(
        "pairs",
        [
            {(3, 7): 8000, (4, 6): 7000, (5, 5): 5000},
            {(3, 4): 1000, (4, 4): 18_500, (5, 4): 500},
            {(7, 3): 10_000, (4, 5): 10_000},
            # Of 20,000 one is unlike all others, and d times the root of n is 60,000.
            {(3, 6): 19_999, (3, 7): 1},
        ],
    )
    def test_of_twenty_thousand_the_effect_is_spread_as_the_normal_approximation_says(self, pairs):
        # Hedges and Olkin (1985), “Statistical methods for meta-analysis”, chapter 5, for one group of differences.
        found = change_of(pairs)
        spread = 1.959964 * sqrt(1 / found.n + found.effect**2 / (2 * found.n))
        near = pytest.approx(found.effect - spread, abs=0.02 * spread)
        assert found.n == 20_000 and found.effect_interval.low == near
        assert found.effect_interval.high == pytest.approx(found.effect + spread, abs=0.02 * spread)

    def test_no_interval_of_an_effect_beyond_all_measure(self):
        # SciPy would search without end: the slip of one among a million who all changed alike.
        found = change_of({(3, 6): 999_999, (3, 7): 1})
        assert found.effect == pytest.approx(3000, rel=0.01) and found.effect_interval is None
        assert found.interval.low == pytest.approx(3, abs=0.001)

    @pytest.mark.parametrize("nothing", [float("nan"), float("inf"), float("-inf")])
    def test_no_interval_that_is_not_finite(self, nothing, monkeypatch):
        monkeypatch.setattr("scipy.special.nctdtrinc", lambda *args: nothing)
        found = change_of(Counter(SLEEP))
        assert round(found.effect, 2) == 1.28 and found.effect_interval is None

    def test_all_changed_by_the_same(self):
        found = change_of({(2, 5): 6})
        assert (found.difference, found.interval, found.effect) == (3, None, None)
        assert change_of({}) is None

    @settings(deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 10)), min_size=3, max_size=40))
    def test_interval_excludes_no_change_exactly_where_that_of_the_effect_does(self, pairs):
        found = change_of(Counter(pairs))
        if found.effect is None:
            return
        gap = min(abs(found.interval.low), abs(found.interval.high))
        if gap > 1e-6:
            assert (found.interval.low > 0) == (found.effect_interval.low > 0)
            assert (found.interval.high < 0) == (found.effect_interval.high < 0)

    def test_words(self):
        assert [size_in_words(one) for one in (0.1, -0.3, 0.5, 1.3)] == [
            "hardly any change",
            "a small change",
            "a medium change",
            "a large change",
        ]

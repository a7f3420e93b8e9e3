from __future__ import annotations

import numpy as np
import pytest

from tumorboard.fusion.blocks import fit_block, principal_axes


def names(count: int) -> tuple[str, ...]:
    return tuple(f"f{number}" for number in range(count))


def test_prepared_training_columns_have_mean_0_and_deviation_1():
    values = np.random.default_rng(0).normal(5, 3, size=(80, 3))
    z = fit_block(values, names(3)).standardised(values)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-12)


def test_constant_and_empty_columns_are_left_out():
    values = np.array([[1.0, 7, np.nan], [2.0, 7, np.nan], [4.0, np.nan, np.nan]])
    block = fit_block(values, ("age", "constant", "never measured"))
    assert block.features == ("age",)


@pytest.mark.parametrize("shape", [(0, 2), (1, 2), (3, 0)])
def test_too_little_to_learn_from_keeps_no_feature(shape):
    assert fit_block(np.ones(shape), names(shape[1])).features == ()


def test_a_missing_value_stands_at_the_median():
    block = fit_block(np.array([[1.0], [2.0], [9.0]]), names(1))
    np.testing.assert_array_equal(
        block.standardised(np.array([[np.nan]])), block.standardised(np.array([[2.0]]))
    )


def test_one_absurd_value_is_cut_not_followed():
    values = np.append(np.linspace(0, 1, 99), 1e6)[:, None]
    z = fit_block(values, names(1)).standardised(values)
    assert np.abs(z).max() < 10


def test_outside_is_half_a_range_away_and_never_for_missing():
    block = fit_block(np.array([[0.0], [10.0]]), names(1))
    assert block.outside(np.array([[-4.9], [14.9], [-5.1], [15.1], [np.nan]]))[:, 0].tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_a_narrow_block_is_not_rotated():
    np.testing.assert_array_equal(principal_axes(np.ones((5, 3))), np.eye(3))


@pytest.mark.parametrize("shape", [(30, 200), (300, 60)])
def test_wide_blocks_keep_the_directions_of_most_variance(shape):
    z = np.random.default_rng(1).normal(size=shape)
    z[:, 1] = z[:, 0]
    axes = principal_axes(z, widest=10)
    np.testing.assert_allclose(axes @ axes.T, np.eye(10), atol=1e-8)
    _, singular, _ = np.linalg.svd(z, full_matrices=False)
    np.testing.assert_allclose(np.linalg.norm(z @ axes.T, axis=0), singular[:10], rtol=1e-6)
    assert (axes[np.arange(10), np.abs(axes).argmax(axis=1)] > 0).all()

"""Features of pixels on a phantom whose answers are known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from tumorboard.pipeline.silver.pixels import enclosed_air, features_of_series

AIR, TISSUE, LUNG = -1000, 40, -800
SPACING = (5.0, 2.0, 2.0)  # mm; a voxel is 0.02 ml


def _thorax(lesion: int = 0, slices: int = 8) -> list[np.ndarray]:
    """A body in air with one lung; a cube of `lesion` voxels edge inside it."""
    volume = np.full((slices, 60, 60), AIR, dtype=np.int16)
    volume[:, 10:50, 10:50] = TISSUE
    volume[:, 20:40, 20:40] = LUNG
    if lesion:
        volume[2 : 2 + lesion, 28 : 28 + lesion, 28 : 28 + lesion] = 60
    return list(volume)


def test_the_lesion_is_what_the_lung_encloses() -> None:
    found = features_of_series(_thorax(lesion=4), SPACING)
    assert found["lesion_volume_ml"] == pytest.approx(4**3 * 0.02)
    assert found["lesion_extent_mm"] == pytest.approx(4 * 5.0)
    assert found["lung_volume_ml"] == pytest.approx((8 * 400 - 64) * 0.02)


def test_without_a_lesion_its_volume_is_zero() -> None:
    found = features_of_series(_thorax(), SPACING)
    assert (found["lesion_volume_ml"], found["lesion_extent_mm"]) == (0.0, 0.0)


def test_a_growing_lesion_grows() -> None:
    sizes = [features_of_series(_thorax(lesion=n), SPACING)["lesion_volume_ml"] for n in (2, 3, 4, 5)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4


def test_statistics_are_those_of_soft_tissue_only() -> None:
    found = features_of_series(_thorax(), SPACING)
    assert found["soft_tissue_mean_hu"] == TISSUE
    assert found["soft_tissue_sd_hu"] == 0
    assert found["soft_tissue_skewness"] == 0


def test_only_air_has_no_tissue_statistics() -> None:
    found = features_of_series([np.full((4, 4), AIR)], SPACING)
    assert "soft_tissue_mean_hu" not in found
    assert found["scan_volume_ml"] == pytest.approx(16 * 0.02)


def test_air_around_the_body_is_no_lung() -> None:
    inside = enclosed_air(np.stack(_thorax()).astype(float))
    assert inside.sum() == 8 * 400
    assert not inside[:, 0, 0].any()


def test_an_empty_series_is_refused() -> None:
    with pytest.raises(ValueError, match="no slices"):
        features_of_series([], SPACING)

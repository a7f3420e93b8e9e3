"""Features computed from the pixels of a CT series. Pure: arrays in, numbers out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Hounsfield ranges: aerated lung, and soft tissue as in the usual mediastinal window (level 40, width 400).
AIR, LUNG_CEILING = -950, -400
SOFT_TISSUE = (-160, 240)
SMALLEST_LESION_ML = 0.05

Volume = NDArray[np.float64]
Mask = NDArray[np.bool_]


def features_of_series(
    slices: Sequence[NDArray[np.generic]], spacing: tuple[float, float, float]
) -> dict[str, float]:
    """First-order statistics of soft tissue, volumes, and a proxy of the largest lung lesion.

    `slices`: two-dimensional arrays of one shape in Hounsfield units, in order; `spacing`: (slice, row,
    column) distances in mm. Statistics follow the definitions of IBSI (Zwanenburg 2020, section 3.3).
    The lesion is the largest connected soft tissue that the lungs enclose: vessels and attached lesions
    may be missed, so it is a proxy and no measurement. Raises ValueError for an empty series.
    """
    if not slices:
        raise ValueError("the series has no slices")
    volume: Volume = np.stack([np.asarray(one, dtype=float) for one in slices])
    voxel_ml = float(np.prod(spacing)) / 1000
    soft = (volume >= SOFT_TISSUE[0]) & (volume <= SOFT_TISSUE[1])
    lungs = enclosed_air(volume)
    return {
        "scan_volume_ml": volume.size * voxel_ml,
        "soft_tissue_volume_ml": float(soft.sum()) * voxel_ml,
        "lung_volume_ml": float(lungs.sum()) * voxel_ml,
        **_statistics(volume[soft]),
        **_lesion(lungs, spacing),
    }


def enclosed_air(volume: Volume) -> Mask:
    """Air inside the body: what is as thin as lung and does not touch the edge of its slice."""
    thin = volume < LUNG_CEILING
    inside = np.zeros_like(thin)
    for index, plane in enumerate(thin):
        labels, count = ndimage.label(plane)
        edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
        inside[index] = plane & ~np.isin(labels, edge) if count else plane
    return inside


def _statistics(values: Volume) -> dict[str, float]:
    if values.size == 0:
        return {}
    mean, deviation = float(values.mean()), float(values.std())
    centred = values - mean
    return {
        "soft_tissue_mean_hu": mean,
        "soft_tissue_sd_hu": deviation,
        "soft_tissue_p10_hu": float(np.percentile(values, 10)),
        "soft_tissue_p90_hu": float(np.percentile(values, 90)),
        "soft_tissue_skewness": float((centred**3).mean() / deviation**3) if deviation else 0.0,
    }


def _lesion(lungs: Mask, spacing: tuple[float, float, float]) -> dict[str, float]:
    """Volume (ml) and longest extent (mm) of the largest solid blob within the outline of the lungs."""
    outline = np.stack([ndimage.binary_fill_holes(plane) for plane in lungs])
    solid = outline & ~lungs  # the edge at half the step from lung to tissue, as planimetry draws it
    labels, count = ndimage.label(solid)
    voxel_ml = float(np.prod(spacing)) / 1000
    if not count:
        return {"lesion_volume_ml": 0.0, "lesion_extent_mm": 0.0}
    sizes = np.bincount(labels.ravel())[1:]
    largest = int(sizes.argmax()) + 1
    if sizes.max() * voxel_ml < SMALLEST_LESION_ML:
        return {"lesion_volume_ml": 0.0, "lesion_extent_mm": 0.0}
    where = np.argwhere(labels == largest)
    extent = (where.max(axis=0) - where.min(axis=0) + 1) * np.asarray(spacing)
    return {"lesion_volume_ml": float(sizes.max()) * voxel_ml, "lesion_extent_mm": float(extent.max())}

"""A body made of ellipses, in Hounsfield units, with one spherical lesion of a given volume.

Not anatomy: enough that a viewer shows something a physician recognises at once as thorax, abdomen or pelvis,
and that a program can measure a lesion whose true volume is known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 128
AIR, LUNG, FAT, SOFT, LIVER, KIDNEY, BONE = -1000, -820, -95, 45, 105, 120, 420


@dataclass(frozen=True)
class Target:
    """Where a lesion is measured: the part of the body, a report's words, its place (parts of the half width
    from the middle) and its density.
    """

    plan: str
    organ: str
    row: float
    column: float
    hu: int
    fat: tuple[tuple[float, float, float, float], ...] = ()
    """Ellipses of fat it lies in, beyond the plan's own: row, column and half-axes."""


TARGETS = {
    "lung": Target("thorax", "right lung", -0.04, -0.43, 40),
    "breast": Target(
        "thorax", "left breast", -0.62, 0.42, 45, ((-0.6, -0.42, 0.17, 0.26), (-0.6, 0.42, 0.17, 0.26))
    ),
    "skin": Target("thorax", "soft tissue of the back", 0.50, 0.40, 40, ((0.5, 0.4, 0.07, 0.13),)),
    "liver": Target("abdomen", "right lobe of the liver", -0.05, -0.42, 38),
    "pancreas": Target("abdomen", "head of the pancreas", 0.03, 0.12, 40),
    "colon": Target("pelvis", "sigmoid colon", -0.12, 0.36, 60),
    "prostate": Target("pelvis", "prostate", 0.06, -0.03, 80),
}


@dataclass(frozen=True)
class Geometry:
    """Voxel size in mm; the centre of the lesion as (slice, row, column) in mm from the volume's corner."""

    spacing: float
    thickness: float
    slices: int
    centre: tuple[float, float, float]


Volume = NDArray[np.int16]
Grid = tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]
Paint = Callable[..., None]


def _grid(geometry: Geometry) -> Grid:
    """Coordinates of the voxel centres: slice in mm, row and column in mm."""
    z = (np.arange(geometry.slices, dtype=np.float64) * geometry.thickness)[:, None, None]
    across = np.arange(SIZE, dtype=np.float64) * geometry.spacing
    y, x = across[None, :, None], across[None, None, :]
    return z, y, x


def volume_of(target: Target, geometry: Geometry, lesion_ml: float, rng: np.random.Generator) -> Volume:
    """Hounsfield units of shape (slices, 128, 128), int16; the lesion's edge is one voxel wide."""
    z, y, x = _grid(geometry)
    middle = SIZE * geometry.spacing / 2
    body = np.full((geometry.slices, SIZE, SIZE), AIR, dtype=np.float32)

    def paint(
        value: float, row: float, column: float, high: float, wide: float, *, swell: float = 0.0
    ) -> None:
        """An elliptic cylinder; row, column and half-axes in parts of the half width; `swell` bulges it over
        the slices.
        """
        grow = 1 - swell * ((z / (geometry.slices * geometry.thickness)) - 0.5) ** 2
        inside = ((y / middle - 1 - row) / (high * grow)) ** 2 + (
            (x / middle - 1 - column) / (wide * grow)
        ) ** 2 <= 1
        body[np.broadcast_to(inside, body.shape)] = value

    paint(FAT, 0, 0, 0.66, 0.90)
    paint(SOFT, 0, 0, 0.60, 0.83)
    PLANS[target.plan](paint)
    for ellipse in target.fat:
        paint(FAT, *ellipse)
    _lesion(body, (z, y, x), geometry, target.hu, lesion_ml)
    body += rng.normal(0, 9, body.shape).astype(np.float32)
    return np.clip(np.rint(body), -1024, 3071).astype(np.int16)


def _thorax(paint: Paint) -> None:
    paint(LUNG, -0.04, -0.43, 0.44, 0.31, swell=1.0)
    paint(LUNG, -0.04, 0.43, 0.44, 0.31, swell=1.0)
    paint(SOFT + 10, -0.08, 0.10, 0.24, 0.22, swell=0.8)
    paint(BONE, 0.40, 0, 0.11, 0.10)
    paint(25, 0.50, 0, 0.035, 0.035)
    paint(BONE, -0.54, 0, 0.03, 0.08)
    paint(60, 0.24, 0.07, 0.06, 0.06)


def _abdomen(paint: Paint) -> None:
    paint(LIVER, -0.05, -0.40, 0.40, 0.38, swell=0.7)
    paint(KIDNEY, 0.24, -0.36, 0.11, 0.09)
    paint(KIDNEY, 0.24, 0.40, 0.11, 0.09)
    paint(90, -0.02, 0.62, 0.20, 0.12)
    paint(FAT, -0.02, 0.24, 0.20, 0.24)
    paint(95, 0.04, 0.20, 0.09, 0.20)
    paint(-400, -0.30, 0.26, 0.09, 0.16)
    paint(BONE, 0.36, 0, 0.12, 0.11)
    paint(60, 0.20, 0.05, 0.055, 0.055)


def _pelvis(paint: Paint) -> None:
    paint(FAT, -0.12, 0.34, 0.22, 0.24)
    paint(10, -0.26, 0, 0.15, 0.20)
    paint(50, 0.06, 0, 0.12, 0.15)
    paint(-300, 0.26, 0, 0.05, 0.05)
    paint(BONE, 0.05, -0.58, 0.14, 0.13)
    paint(BONE, 0.05, 0.58, 0.14, 0.13)
    paint(BONE, 0.42, 0, 0.10, 0.22)


PLANS: dict[str, Callable[[Paint], None]] = {"thorax": _thorax, "abdomen": _abdomen, "pelvis": _pelvis}


def radius_mm(volume_ml: float) -> float:
    return float((3 * volume_ml * 1000 / (4 * np.pi)) ** (1 / 3))


def _lesion(body: NDArray[np.float32], grid: Grid, geometry: Geometry, value: int, volume_ml: float) -> None:
    """Blend the sphere in: a voxel at the edge is filled in part, so that the measured volume is not
    quantised.
    """
    z, y, x = grid
    cz, cy, cx = geometry.centre
    distance = np.sqrt((z - cz) ** 2 + (y - cy) ** 2 + (x - cx) ** 2)
    share = np.clip((radius_mm(volume_ml) - distance) / geometry.spacing + 0.5, 0, 1).astype(np.float32)
    body += share * (value - body)


def lesion_centre(
    target: Target, *, spacing: float, thickness: float, slices: int
) -> tuple[float, float, float]:
    """The centre of the lesion in mm: middle slice, and the target's place."""
    middle = SIZE * spacing / 2
    return slices * thickness / 2, middle * (1 + target.row), middle * (1 + target.column)

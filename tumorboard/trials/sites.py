"""Where a trial is run, and how far that is. From registry records (with coordinates) and from CTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import asin, cos, isfinite, radians, sin, sqrt
from typing import Any

EARTH_KM = 6371.0088  # mean radius (IUGG)
OPEN = frozenset({"recruiting", "enrolling_by_invitation", "available", "open", "open to accrual"})


@dataclass(frozen=True, slots=True)
class Site:
    """One place. `is_open` is None where its record does not say; `km` is None without coordinates."""

    name: str
    city: str = ""
    country: str = ""
    status: str = ""
    place: tuple[float, float] | None = None
    km: float | None = None

    @property
    def is_open(self) -> bool | None:
        return None if not self.status else self.status.lower() in OPEN


def sites(document: object) -> list[Site]:
    """The sites of a trial document, in its order; what is misshapen is left out."""
    if not isinstance(document, Mapping):
        return []
    if "protocolSection" in document:
        found = _at(document, "protocolSection", "contactsLocationsModule", "locations")
        return [_registered(entry) for entry in _objects(found)]
    return [_curated(entry) for entry in _objects(_at(document, "site_list", "site"))]


def nearest(found: list[Site], home: tuple[float, float] | None) -> list[Site]:
    """With the distance from `home` (latitude, longitude in degrees): open ones first, then the nearest."""
    measured = [replace(site, km=distance_km(home, site.place)) for site in found]
    return sorted(measured, key=lambda s: (s.is_open is False, s.km is None, s.km or 0.0, s.name))


def distance_km(one: tuple[float, float] | None, other: tuple[float, float] | None) -> float | None:
    """Great-circle distance by the haversine formula; None when one place is not known."""
    if one is None or other is None:
        return None
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(1.0, half)))


def coordinates(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """A place on earth, or None for anything else."""
    try:
        place = float(latitude), float(longitude)
    except (TypeError, ValueError):
        return None
    fits = all(map(isfinite, place)) and abs(place[0]) <= 90 and abs(place[1]) <= 180
    return place if fits else None


def _registered(entry: Mapping[str, Any]) -> Site:
    point = entry.get("geoPoint")
    place = coordinates(point.get("lat"), point.get("lon")) if isinstance(point, Mapping) else None
    return Site(
        _text(entry, "facility"), _text(entry, "city"), _text(entry, "country"), _text(entry, "status"), place
    )


def _curated(entry: Mapping[str, Any]) -> Site:
    return Site(_text(entry, "site_name"), status=_text(entry, "site_status"))


def _text(entry: Mapping[str, Any], key: str) -> str:
    return str(entry.get(key) or "").strip()


def _at(document: Any, *keys: str) -> Any:
    for key in keys:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _objects(found: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []

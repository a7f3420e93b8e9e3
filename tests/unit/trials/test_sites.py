from __future__ import annotations

import pytest

from tumorboard.trials.sites import Site, coordinates, distance_km, nearest, sites

HEIDELBERG, BERLIN = (49.4094, 8.6947), (52.5244, 13.4105)


def study(*locations: object) -> dict[str, object]:
    return {"protocolSection": {"contactsLocationsModule": {"locations": list(locations)}}}


def test_sites_of_a_registry_record() -> None:
    place = {"facility": "Charité", "city": "Berlin", "country": "Germany", "status": "RECRUITING"}
    (site,) = sites(study({**place, "geoPoint": {"lat": 52.5244, "lon": 13.4105}}))
    assert site == Site("Charité", "Berlin", "Germany", "RECRUITING", BERLIN)
    assert site.is_open


def test_sites_of_a_curated_trial() -> None:
    document = {
        "site_list": {"site": [{"site_name": "North", "site_status": "Closed"}, {"site_name": "South"}]}
    }
    assert [(s.name, s.is_open) for s in sites(document)] == [("North", False), ("South", None)]


@pytest.mark.parametrize("document", [None, [], "x", {}, {"site_list": []}, study("x", None), study()])
def test_misshapen_records_have_no_sites(document: object) -> None:
    assert sites(document) == []


def test_distance() -> None:
    assert distance_km(HEIDELBERG, BERLIN) == pytest.approx(478, abs=3)
    assert distance_km(HEIDELBERG, HEIDELBERG) == 0
    assert distance_km((0, 0), (0, 180)) == pytest.approx(20015, abs=1)
    assert distance_km(None, BERLIN) is None


@pytest.mark.parametrize(
    "pair", [(None, 1), ("x", 1), (91, 0), (0, 181), (float("nan"), 0), (float("inf"), 0)]
)
def test_no_place_on_earth(pair: tuple[object, object]) -> None:
    assert coordinates(*pair) is None


def test_open_and_near_come_first() -> None:
    near = Site("near, closed", status="Closed", place=HEIDELBERG)
    far = Site("far, open", status="RECRUITING", place=BERLIN)
    unknown = Site("somewhere")
    assert [s.name for s in nearest([near, unknown, far], HEIDELBERG)] == [
        "far, open", "somewhere", "near, closed",
    ]  # fmt: skip

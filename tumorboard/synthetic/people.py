"""Who the invented patients are, and the three hospitals that send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tumorboard.synthetic.dice import Dice, chance, pick, words

REFERENCE_DATE = date(2026, 11, 20)
"""The day the whole cohort is seen from. No file holds anything later; no clock is read."""

MRN_SYSTEM = "https://tumorboard.example/mrn"
SPECIMEN_SYSTEM = "https://tumorboard.example/specimen"
DEVICE_SYSTEM = "https://tumorboard.example/device-user"

GIVEN = {
    "female": words(
        "Maria Anna Sofia Leyla Ingrid Chiara Fatima Elena Petra Aylin Johanna Mei Ruth Katarzyna Lucia "
        "Amina Greta Olga Nadia Helga Yuki Rosa Zeynep Birgit"
    ),
    "male": words(
        "Jonas Petr Karl Mehmet Luca Ivan Omar Heinrich Paul Stefan Diego Ahmed Viktor Kenji Lars Marek "
        "Thomas Yusuf Andrei Georg Felix Wei Emil Dragan"
    ),
}
FAMILY = "SYNTHETIC"


@dataclass(frozen=True)
class Site:
    """One sending hospital and what it is able to send. Shares are for a diagnosis in 2020 and in 2026."""

    code: str
    name: str
    share: float
    molecular: str
    """How panels are sent: "vcf", "maf" (one file for all), or "single" (single-gene tests only)."""
    genomics: tuple[float, float]
    imaging: tuple[float, float]
    notes: tuple[float, float]
    wearables: float
    """Share of patients treated in 2024 or later who wear a device."""
    ctdna: float
    ngs_since: int
    """First year of the panel; nobody was sequenced before."""


SITES = (
    Site(
        "A",
        "University Hospital A (synthetic)",
        0.45,
        "vcf",
        (0.70, 0.95),
        (0.75, 0.95),
        (0.90, 0.98),
        0.45,
        0.55,
        2019,
    ),
    Site(
        "B",
        "Regional Hospital B (synthetic)",
        0.35,
        "maf",
        (0.40, 0.85),
        (0.35, 0.70),
        (0.75, 0.95),
        0.20,
        0.0,
        2021,
    ),
    Site(
        "C",
        "District Hospital C (synthetic)",
        0.20,
        "single",
        (0.0, 0.0),
        (0.10, 0.30),
        (0.50, 0.75),
        0.08,
        0.0,
        2100,
    ),
)

COMORBIDITIES = {  # text -> (ICD-10, SNOMED CT, prevalence at 65)
    "Essential hypertension": ("I10", "59621000", 0.45),
    "Type 2 diabetes mellitus": ("E11.9", "44054006", 0.20),
    "Chronic obstructive pulmonary disease": ("J44.9", "13645005", 0.14),
    "Coronary artery disease": ("I25.1", "53741008", 0.14),
    "Chronic kidney disease stage 3": ("N18.3", "433144002", 0.10),
    "Atrial fibrillation": ("I48.9", "49436004", 0.09),
    "Heart failure": ("I50.9", "84114007", 0.05),
    "Depression": ("F32.9", "35489007", 0.10),
    "Rheumatoid arthritis": ("M06.9", "69896004", 0.03),
}


@dataclass(frozen=True)
class Person:
    """Demographics as a hospital would know them. Everybody's family name is SYNTHETIC."""

    number: int
    sex: str
    given: str
    birth_date: date
    site: Site
    smoker: str
    comorbidities: tuple[str, ...]
    city: str

    @property
    def mrn(self) -> str:
        return f"SYN-{self.number:04d}"

    @property
    def device_user(self) -> str:
        return f"dev-{self.number * 7919 % 100_003:06d}"

    def age_on(self, day: date) -> float:
        return (day - self.birth_date).days / 365.25


def share_in(year: int, ends: tuple[float, float]) -> float:
    """A share that grows (or falls) in a straight line from 2020 to 2026."""
    step = min(max((year - 2020) / 6, 0.0), 1.0)
    return ends[0] + step * (ends[1] - ends[0])


def draw_site(dice: Dice) -> Site:
    return pick(dice.on("site"), {site: site.share for site in SITES})


def draw_person(dice: Dice, sex: str, birth_date: date, smoker: str, age: float) -> Person:
    """The person around a diagnosis; comorbidity grows with age."""
    rng = dice.on("person")
    older = min(max(1 + (age - 65) / 40, 0.2), 1.8)
    ill = tuple(name for name, (_, _, share) in COMORBIDITIES.items() if chance(rng, share * older))
    return Person(
        number=dice.index + 1,
        sex=sex,
        given=rng.choice(GIVEN[sex]),
        birth_date=birth_date,
        site=draw_site(dice),
        smoker=smoker,
        comorbidities=ill,
        city=rng.choice(("Musterstadt", "Beispielburg", "Sampleton")),
    )

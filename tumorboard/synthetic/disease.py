"""The disease of one patient at diagnosis: tumour, stage, driver, alterations and the factors of survival."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from tumorboard.synthetic.dice import Dice, chance, pick
from tumorboard.synthetic.hazard import Risk, risk_of
from tumorboard.synthetic.tumours import TUMOURS, Driver, Stage, Tumour
from tumorboard.synthetic.variants import SMALL

LDH_UPPER = 225.0
TP53_HOTSPOTS = tuple(name for name, found in SMALL.items() if found.gene == "TP53")


@dataclass(frozen=True)
class Disease:
    """What is true about the tumour on the day of diagnosis, whether or not anybody measured it."""

    tumour: Tumour
    stage: Stage
    t: str
    driver: Driver
    alterations: tuple[str, ...]
    """Names in `variants.CATALOGUE`, driver first."""
    age: float
    ecog: int
    ldh_ratio: float
    """LDH divided by its upper limit of normal."""
    volume_ml: float
    metastases: tuple[str, ...]
    biomarkers: dict[str, str]
    pd_l1: int
    """PD-L1 tumour proportion score, per cent."""
    tmb: float
    """Mutations per megabase."""
    marker_factor: float
    """How strongly this tumour secretes its marker, against the usual."""

    @property
    def risk(self) -> Risk:
        return risk_of(
            stage=self.stage.number,
            ecog=self.ecog,
            age=self.age,
            ldh_ratio=self.ldh_ratio,
            volume_ml=self.volume_ml,
            tp53=self.tp53,
            driver=self.driver.log_hazard,
        )

    @property
    def tp53(self) -> bool:
        return any(name.startswith("TP53 ") for name in self.alterations)

    @property
    def resectable(self) -> bool:
        """Treated with curative intent; stage III of the pancreas (T4) is not."""
        return self.stage.number < 4 and not (self.tumour.oncotree == "PAAD" and self.stage.group == "III")


def draw_disease(dice: Dice) -> Disease:
    """One disease; every factor of the hazard model is drawn here and nowhere else."""
    rng = dice.on("disease")
    tumour = rng.choices(TUMOURS, [kind.weight for kind in TUMOURS])[0]
    stage = rng.choices(tumour.stages, [s.weight for s in tumour.stages])[0]
    driver = rng.choices(tumour.drivers, [d.weight for d in tumour.drivers])[0]
    age = min(max(rng.gauss(*tumour.age), 31.0), 89.0)
    return Disease(
        tumour=tumour,
        stage=stage,
        t=rng.choice(stage.t),
        driver=driver,
        alterations=_alterations(dice.on("alterations"), tumour, driver),
        age=age,
        ecog=_ecog(rng, age, stage),
        ldh_ratio=_ldh_ratio(rng, stage),
        volume_ml=stage.volume_ml * math.exp(rng.gauss(0, 0.75)),
        metastases=_metastases(rng, tumour, stage),
        biomarkers={"MSI": "stable"} | driver.biomarkers,
        pd_l1=pick(rng, {0: 0.35, rng.randrange(1, 50): 0.35, rng.randrange(50, 96): 0.30}),
        tmb=_tmb(rng, tumour, driver),
        marker_factor=math.exp(rng.gauss(0, 0.8)),
    )


def _alterations(rng: random.Random, tumour: Tumour, driver: Driver) -> tuple[str, ...]:
    found = [rng.choice(driver.one_of)] if driver.one_of else []
    found += driver.also
    if chance(rng, tumour.tp53):
        found.append(rng.choice(TP53_HOTSPOTS))
    found += [name for name, share in tumour.also_mutated.items() if chance(rng, share)]
    return tuple(dict.fromkeys(found))


def _ecog(rng: random.Random, age: float, stage: Stage) -> int:
    frail = 0.55 + (age - 65) / 40 + (0.45 if stage.number == 4 else 0.0)
    return pick(
        rng, {0: 1.0, 1: max(0.8 * frail, 0.1), 2: max(0.32 * frail, 0.02), 3: max(0.08 * frail, 0.0)}
    )


def _ldh_ratio(rng: random.Random, stage: Stage) -> float:
    return 0.82 * math.exp(rng.gauss(0.28 if stage.number == 4 else 0.0, 0.34))


def _metastases(rng: random.Random, tumour: Tumour, stage: Stage) -> tuple[str, ...]:
    if stage.m == "M0":
        return ()
    return tuple(rng.sample(tumour.metastases, pick(rng, {1: 0.6, 2: 0.4})))


def _tmb(rng: random.Random, tumour: Tumour, driver: Driver) -> float:
    typical = {"SKCM": 12.0, "LUAD": 6.0}.get(tumour.oncotree, 3.0)
    if driver.group == "MSI-H":
        typical = 34.0
    return round(typical * math.exp(rng.gauss(0, 0.6)), 1)

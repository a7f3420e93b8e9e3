"""The course of one disease: therapies, responses and tumour burden between diagnosis and death.

The survival time comes first (`hazard.py`); the course is fitted into it, so that progression precedes death
and long survivors have long remissions. Everything is planned in days from diagnosis up to death and then cut
at the last day anybody saw the patient: what lies beyond is not recorded.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tumorboard.synthetic.dice import Dice, chance, pick
from tumorboard.synthetic.disease import Disease
from tumorboard.synthetic.hazard import draw_days
from tumorboard.synthetic.people import REFERENCE_DATE
from tumorboard.synthetic.regimens import Regimen, options

MONTHS_BACK = 84
NEW_CASES = 0.20
LOST = 0.05
SHIFT = 130
RECIST_INTERVAL = 63
ADJUVANT_DAYS = {"SKCM": 350, "IDC": 170, "PRAD": 240}
ADJUVANT_RADIOTHERAPY = {"IDC": (40.05, 15), "PRAD": (66.0, 33)}
"""Total dose in Gy and fractions."""


@dataclass(frozen=True)
class Therapy:
    """One treatment; days count from diagnosis. `line` is None for curative-intent treatment."""

    kind: str
    name: str
    agents: tuple[str, ...]
    line: int | None
    intent: str
    start: int
    end: int | None
    end_reason: str = ""
    """completed, progression, toxicity, death; empty while it goes on."""
    best: str = ""
    dose_gy: float = 0.0
    fractions: int = 0


@dataclass(frozen=True)
class Assessment:
    """A staging examination and its reading (CR, PR, SD, PD)."""

    day: int
    response: str
    line: int | None


@dataclass
class Plan:
    """The course while it is being written."""

    therapies: list[Therapy] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    knots: list[tuple[int, float]] = field(default_factory=lambda: [(0, 1.0)])
    recurrence: int | None = None

    def burden(self, day: int, value: float) -> None:
        """Fix the tumour burden (1 = at diagnosis) on a day; between such days it changes exponentially."""
        if day > self.knots[-1][0]:
            self.knots.append((day, value))

    def burden_now(self) -> float:
        return self.knots[-1][1]


@dataclass(frozen=True)
class Course:
    """What happened up to the last contact, and how it would have gone on (`true_days`)."""

    diagnosed: date
    last_day: int
    died: bool
    true_days: int
    therapies: tuple[Therapy, ...]
    assessments: tuple[Assessment, ...]
    knots: tuple[tuple[int, float], ...]
    recurrence: int | None

    def on(self, day: int) -> date:
        return self.diagnosed + timedelta(days=day)

    @property
    def last_contact(self) -> date:
        return self.on(self.last_day)

    def burden(self, day: int) -> float:
        """Tumour burden relative to diagnosis; log-linear between the fixed days."""
        days = [knot[0] for knot in self.knots]
        at = bisect_right(days, day)
        if at == 0 or at == len(days):
            return self.knots[0 if at == 0 else -1][1]
        (d0, b0), (d1, b1) = self.knots[at - 1], self.knots[at]
        return math.exp(math.log(b0) + (math.log(b1) - math.log(b0)) * (day - d0) / (d1 - d0))

    @property
    def lines(self) -> tuple[Therapy, ...]:
        return tuple(t for t in self.therapies if t.line is not None)

    @property
    def progressions(self) -> tuple[int, ...]:
        return tuple(a.day for a in self.assessments if a.response == "PD")

    @property
    def state(self) -> str:
        """Where the patient stands on the last day: died, new, progressed, on therapy, after surgery,
        follow-up.
        """
        if self.died:
            return "died"
        if not self.therapies:
            return "new"
        newest = max(t.start for t in self.therapies)
        if self.progressions and self.progressions[-1] >= newest:
            return "progressed"
        if any(t.end is None for t in self.therapies):
            return "on therapy"
        return "after surgery" if self.last_day - newest < 90 else "follow-up"

    def ecog(self, day: int, baseline: int) -> int:
        """Performance status: worse after progression and in the last two months of life."""
        late = sum(1 for pd in self.progressions if pd <= day) // 2
        left = self.true_days - day
        dying = 2 if left < 30 else 1 if left < 70 else 0
        return min(max(baseline + late + dying, 0), 4)


def draw_course(dice: Dice, disease: Disease) -> Course:
    """One course: survival time, plan, and the cut at what was seen by the reference date."""
    true_days = draw_days(dice.on("survival"), eta=disease.risk.eta, median_days=disease.tumour.median_days)
    plan = _plan(dice.on("course"), disease, true_days)
    since = _days_since_diagnosis(dice.on("calendar"))
    if true_days > since:
        since = _nearest_decision(dice.on("decision"), plan, since, true_days)
    last_day, died = _follow_up(dice.on("follow-up"), since, true_days)
    return _seen(plan, REFERENCE_DATE - timedelta(days=since), last_day, died, true_days)


def _plan(rng: random.Random, disease: Disease, true_days: int) -> Plan:
    plan = Plan()
    if disease.resectable:
        _plan_early(rng, plan, disease, true_days)
    else:
        _plan_advanced(rng, plan, disease, pick(rng, {16: 0.3, 25: 0.4, 38: 0.3}), true_days)
    return plan


def _days_since_diagnosis(rng: random.Random) -> int:
    """Some patients are new; the others were diagnosed evenly over the last years."""
    return rng.randrange(6, 60) if chance(rng, NEW_CASES) else rng.randrange(60, MONTHS_BACK * 30)


def _nearest_decision(rng: random.Random, plan: Plan, since: int, true_days: int) -> int:
    """Move the calendar by at most SHIFT days, so that most living patients come to the board just after a
    decision point.

    Boards see patients who have progressed or were just operated, not a random day of their lives. The move
    is short against the follow-up, so it hardly ties the censoring to the hazard.
    """
    points = [a.day for a in plan.assessments if a.response == "PD"]
    points += [t.start for t in plan.therapies if t.kind == "surgery"]
    moved = [day + rng.randrange(6, 12) for day in points]
    near = [day for day in moved if abs(day - since) <= SHIFT and day + 10 < true_days]
    return min(near, key=lambda day: abs(day - since)) if near and chance(rng, 0.75) else since


def _follow_up(rng: random.Random, since: int, true_days: int) -> tuple[int, bool]:
    """Last day seen and whether it is the day of death; independent of the hazard."""
    if chance(rng, LOST) and since > 200:
        seen_until = int(since * rng.uniform(0.3, 0.8))
        return min(seen_until, true_days), true_days <= seen_until
    return (true_days, True) if true_days <= since else (since - rng.randrange(1, 5), False)


def _plan_early(rng: random.Random, plan: Plan, disease: Disease, true_days: int) -> None:
    """Curative intent: operation, adjuvant therapy, remission, perhaps recurrence."""
    operated = rng.randrange(18, 45)
    plan.therapies.append(
        Therapy(
            "surgery", disease.tumour.surgery, (), None, "curative", operated, operated, "completed", "CR"
        )
    )
    plan.burden(operated, 1.05)
    plan.burden(operated + 2, 0.012)
    after = _adjuvant(rng, plan, disease, operated)
    plan.recurrence = max(int(true_days * rng.uniform(0.42, 0.72)), after + 60)
    _remission(rng, plan, operated + 90, plan.recurrence)
    plan.burden(max(plan.recurrence - 120, after), 0.012)
    plan.burden(plan.recurrence, 0.45)
    plan.assessments.append(Assessment(plan.recurrence, "PD", None))
    _plan_advanced(rng, plan, disease, plan.recurrence + rng.randrange(15, 40), true_days)


def _adjuvant(rng: random.Random, plan: Plan, disease: Disease, operated: int) -> int:
    """Adjuvant systemic therapy (not for every stage I), radiotherapy where usual; returns its last day."""
    end = operated + 30
    if disease.stage.number > 1 or chance(rng, 0.3):
        end = _adjuvant_systemic(rng, plan, disease, operated + rng.randrange(30, 50))
    if disease.tumour.oncotree in ADJUVANT_RADIOTHERAPY and chance(rng, 0.7):
        dose, fractions = ADJUVANT_RADIOTHERAPY[disease.tumour.oncotree]
        end = _radiotherapy(plan, "External beam radiotherapy", "adjuvant", end + 20, (dose, fractions))
    return end


def _adjuvant_systemic(rng: random.Random, plan: Plan, disease: Disease, start: int) -> int:
    code = disease.tumour.oncotree
    regimen = rng.choice(options(code, disease.driver.group, "early"))
    toxic = chance(rng, 0.10)
    end = start + (60 if toxic else ADJUVANT_DAYS.get(code, 130))
    reason = "toxicity" if toxic else "completed"
    name = f"Adjuvant {regimen.name}"
    plan.therapies.append(Therapy("systemic", name, regimen.agents, None, "adjuvant", start, end, reason))
    return end


def _radiotherapy(plan: Plan, name: str, intent: str, start: int, dose: tuple[float, int]) -> int:
    """A course of radiotherapy, five fractions a week; `dose` is total Gy and fractions."""
    gray, fractions = dose
    end = start + (fractions - 1) * 7 // 5
    plan.therapies.append(
        Therapy(
            "radiotherapy", name, (), None, intent, start, end, "completed", dose_gy=gray, fractions=fractions
        )
    )
    return end


def _remission(rng: random.Random, plan: Plan, start: int, stop: int) -> None:
    day = start
    while day < stop - 60 and day < 365 * 7:
        plan.assessments.append(Assessment(day, "CR", None))
        day += rng.randrange(110, 190)


def _plan_advanced(rng: random.Random, plan: Plan, disease: Disease, start: int, true_days: int) -> None:
    """Palliative lines 1 to 3 between `start` and death."""
    care_only = min(130, int((true_days - start) * 0.2))
    span = true_days - start - care_only
    if span < 25:
        plan.burden(true_days, plan.knots[-1][1] * 1.8)
        return
    if "bone" in disease.metastases and chance(rng, 0.4):
        _palliative_radiotherapy(rng, plan, start)
    shares = _shares(rng, span)
    day = start
    for line, share in enumerate(shares, 1):
        length = max(int(span * share), 21)
        regimen = _choose(rng, disease, line)
        day = _line(rng, plan, regimen, line=line, start=day, length=length) + rng.randrange(14, 36)
    plan.burden(true_days, plan.knots[-1][1] * 2.5)


def _palliative_radiotherapy(rng: random.Random, plan: Plan, start: int) -> None:
    day = max(start - 10, 5) if chance(rng, 0.5) else start + 14
    _radiotherapy(plan, "Palliative radiotherapy of bone metastasis", "palliative", day, (20.0, 5))


def _shares(rng: random.Random, span: int) -> list[float]:
    """How the time under treatment is divided among the lines; short courses have one."""
    count = 1 + (span > 200 and chance(rng, 0.85)) + (span > 420 and chance(rng, 0.75))
    raw = [weight * rng.uniform(0.8, 1.25) for weight in (0.55, 0.30, 0.20)[:count]]
    return [value / sum(raw) for value in raw]


def _choose(rng: random.Random, disease: Disease, line: int) -> Regimen:
    choices = options(disease.tumour.oncotree, disease.driver.group, line)
    if len(choices) == 1:
        return choices[0]
    # Pembrolizumab alone is for high PD-L1, and a frail patient gets the milder second entry.
    if choices[1].name == "Pembrolizumab":
        return choices[1] if disease.pd_l1 >= 50 and chance(rng, 0.7) else choices[0]
    return choices[1] if disease.ecog >= 2 or chance(rng, 0.3) else choices[0]


def _line(rng: random.Random, plan: Plan, regimen: Regimen, *, line: int, start: int, length: int) -> int:
    """One palliative line: its response, its staging examinations, its effect on the burden; returns its last
    day.
    """
    best = _best_response(rng, regimen, length)
    toxic = best != "PD" and chance(rng, 0.09)
    end, reason = start + length, "toxicity" if toxic else "progression"
    before = plan.burden_now()
    plan.burden(start, before * 1.1)
    nadir = (
        before * {"CR": 0.04, "PR": rng.uniform(0.22, 0.42), "SD": rng.uniform(0.75, 1.0), "PD": 1.2}[best]
    )
    plan.burden(start + min(length // 2, 80), nadir)
    if best in ("CR", "PR", "SD") and length > 200:
        plan.burden(end - 70, nadir * 1.05)
    plan.burden(end, nadir * (1.1 if toxic else rng.uniform(1.9, 2.7)))
    _staging(rng, plan, best, line=line, start=start, end=end, toxic=toxic)
    plan.therapies.append(
        Therapy("systemic", regimen.name, regimen.agents, line, "palliative", start, end, reason, best)
    )
    return end


def _best_response(rng: random.Random, regimen: Regimen, length: int) -> str:
    if length < 85:
        return "PD"
    if chance(rng, regimen.strength * (1.25 if length > 240 else 0.9)):
        return "CR" if length > 300 and chance(rng, 0.12) else "PR"
    return "SD"


def _staging(
    rng: random.Random, plan: Plan, best: str, *, line: int, start: int, end: int, toxic: bool
) -> None:
    """Staging during a line; the last examination, on its last day, shows the progression that ends it."""
    first, day = True, start + RECIST_INTERVAL
    while day < end - 30:
        reading = "SD" if first and best in ("CR", "PR") and chance(rng, 0.35) else best
        plan.assessments.append(Assessment(day, reading, line))
        first = False
        day += RECIST_INTERVAL + rng.randrange(-6, 15) + (60 if day - start > 400 else 0)
    plan.assessments.append(Assessment(end, best if toxic else "PD", line))


def _seen(plan: Plan, diagnosed: date, last_day: int, died: bool, true_days: int) -> Course:
    """The plan as far as it was seen; a therapy that was going on at death ends with it."""
    therapies = [_cut(t, last_day, died) for t in plan.therapies if t.start < last_day]
    recurrence = plan.recurrence if plan.recurrence is not None and plan.recurrence <= last_day else None
    return Course(
        diagnosed=diagnosed,
        last_day=last_day,
        died=died,
        true_days=true_days,
        therapies=tuple(sorted(therapies, key=lambda t: (t.start, t.name))),
        assessments=tuple(sorted((a for a in plan.assessments if a.day <= last_day), key=lambda a: a.day)),
        knots=tuple(plan.knots),
        recurrence=recurrence,
    )


def _cut(therapy: Therapy, last_day: int, died: bool) -> Therapy:
    if therapy.end is not None and therapy.end <= last_day:
        return therapy
    if died:
        return replace(therapy, end=last_day, end_reason="death")
    return replace(therapy, end=None, end_reason="")

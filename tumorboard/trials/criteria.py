"""What a trial asks, as one small typed tree: and, or, not, predicate.

Every node keeps its path in the trial document, every predicate its original wording. What a predicate
asks is one of the question types below; how each is answered stands in `matching`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, Self, TypeAlias

from tumorboard.codes.hgvs import ProteinChange, ProteinPosition

Sign = Literal[">=", ">", "<=", "<", "=="]
Kind = Literal["mutation", "cnv", "sv"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A sign and a number. Written tolerantly: `>= 18`, `≥18`, `=> 18` and `18` (equal) are read."""

    sign: Sign
    number: float

    @classmethod
    def parse(cls, text: object) -> Self:
        """From text such as `>=18`; raises ValueError, in words, otherwise."""
        match = re.fullmatch(r"\s*([<>=≤≥]{0,2})\s*(\d{1,9}(?:\.\d{1,9})?)\s*", str(text)[:40])
        if match is None or match[1] not in _SIGNS:
            raise ValueError("not a comparison; expected a sign and a number such as >=18")
        return cls(_SIGNS[match[1]], float(match[2]))

    def holds(self, value: float) -> bool:
        """Whether `value` stands in this relation to the number."""
        if self.sign == "==":
            return value == self.number
        if self.sign in (">", ">="):
            return value > self.number or (self.sign == ">=" and value == self.number)
        return value < self.number or (self.sign == "<=" and value == self.number)

    def __str__(self) -> str:
        return f"{self.sign} {self.number:g}"


_SIGNS: dict[str, Sign] = {
    "": "==", "=": "==", "==": "==", ">": ">", "<": "<", ">=": ">=", "=>": ">=", "≥": ">=",
    "<=": "<=", "=<": "<=", "≤": "<=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alteration:
    """One genomic finding that satisfies all of these at once. `gene=None` is any gene.

    `wildtype` asks for the opposite on covered ground: tested, and no such finding. `tiers` are the report's
    tiers (1 to 4), `effects` its words for the effect on the protein, lower case (gain-of-function ...).
    """

    gene: str | None
    kinds: frozenset[Kind]
    change: ProteinChange | None = None
    position: ProteinPosition | None = None
    classes: tuple[str, ...] = ()
    exon: int | None = None
    cnv_call: str = ""
    partner: str = ""
    germline: bool = False
    wildtype: bool = False
    tiers: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BiomarkerState:
    """A result in words: MSI high/low/stable, MMR deficient/proficient, or positive/negative for receptors
    (ER, PR, HER2, HR), PD-L1, HRD and signatures. HER2 may also be `low`."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class BiomarkerNumber:
    """A measured biomarker: TMB in mut/Mb; PD-L1 TPS, ER, PR, Ki-67 in %; PD-L1 CPS without unit."""

    name: str
    comparison: Comparison
    unit: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A tumour type with everything below it: OncoTree code, name or main type, `_SOLID_`, `_LIQUID_`."""

    term: str


@dataclass(frozen=True, slots=True)
class Age:
    """Age against a limit in years or months. `completed` reads whole years, as registries do."""

    comparison: Comparison
    unit: Literal["years", "months", "days"] = "years"
    completed: bool = False


@dataclass(frozen=True, slots=True)
class Sex:
    value: Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class DiseaseStatus:
    """Any one of these states, in CTML's words, lower case."""

    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """Any one of these stage groups: `III` covers IIIA to IIIC, `IIIB` is that group alone."""

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Treatments:
    """Which treatments are meant: any one named here. All empty is any treatment against the cancer.

    `agents` are generic names, lower case; `classes` are names of `drugs.CLASSES`; `modalities` are
    `systemic`, `surgery` and `radiotherapy`.
    """

    agents: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " or ".join((*self.agents, *self.classes, *self.modalities)) or "treatment"


Setting = Literal["", "palliative", "curative"]


@dataclass(frozen=True, slots=True)
class PriorLines:
    """The number of lines of systemic treatment so far; only those that contain `of`, where it is given."""

    comparison: Comparison
    of: Treatments = Treatments()
    setting: Setting = ""


@dataclass(frozen=True, slots=True)
class PriorDrug:
    agent: str


@dataclass(frozen=True, slots=True)
class PriorTherapy:
    """A treatment that was given: at any time, or in the last `within_days`, or with this intent only."""

    what: Treatments
    within_days: int | None = None
    setting: Setting = ""


@dataclass(frozen=True, slots=True)
class Washout:
    """At least `days` since the last of these treatments. `half_lives` given beside it decides together
    with the days, as `whichever` says; the engine knows no half-lives, so only the days can settle it."""

    days: int
    what: Treatments = Treatments()
    half_lives: float = 0.0
    whichever: Literal["shorter", "longer"] = "longer"


@dataclass(frozen=True, slots=True)
class Performance:
    """The latest score, no older than `within_days` (the site's window if None). A score on the other
    scale counts where both published conversions agree."""

    scale: Literal["ECOG", "KPS"]
    comparison: Comparison
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Lab:
    """The latest result against a limit in `unit`, or against a multiple of a limit of normal.

    `analyte` is a name of `pipeline.silver.analytes` (Neutrophils, Platelets, Hemoglobin, Creatinine,
    Bilirubin total, ALT, AST ...); other names are looked up as they are (LVEF, QTcF). With `times` the
    number of the comparison counts upper (ULN) or lower (LLN) limits of normal and `unit` is empty.
    """

    analyte: str
    comparison: Comparison
    unit: str = ""
    times: Literal["", "ULN", "LLN"] = ""
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class KidneyFunction:
    """Creatinine clearance or filtration rate. `any` takes what is recorded, else Cockcroft-Gault."""

    comparison: Comparison
    unit: Literal["mL/min", "mL/min/1.73m2"] = "mL/min"
    method: Literal["any", "Cockcroft-Gault", "eGFR", "measured"] = "any"
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class OrganFunction:
    """`Adequate organ function` without a number: for a person to judge. Empty is every organ."""

    organ: Literal["", "bone marrow", "liver", "kidney", "heart", "lung", "coagulation"] = ""


@dataclass(frozen=True, slots=True)
class CnsMetastases:
    """The patient has metastases of the central nervous system (in this state). Exclusion is `Not` of it."""

    state: Literal["any", "active", "untreated", "stable", "leptomeningeal"] = "any"


@dataclass(frozen=True, slots=True)
class Comorbidity:
    """The patient has another condition: a name of `conditions.CONDITIONS`, else the criterion's words.

    `active` leaves out resolved ones; `within_days` those that began earlier.
    """

    condition: str
    active: bool = False
    within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Alive:
    """The patient is not recorded as deceased."""


@dataclass(frozen=True, slots=True)
class AnyGenomicResult:
    """Any genomic test or finding at all."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A criterion this version cannot evaluate: always unknown, never dropped. `topic` says what it is
    about, where that is known, and so who must answer."""

    why: str
    topic: Literal["", "consent", "judgement", "pregnancy", "logistics", "procedure", "text"] = ""


Question: TypeAlias = (
    Alteration | BiomarkerState | BiomarkerNumber | Diagnosis | Age | Sex | DiseaseStatus | Stage
    | PriorLines | PriorDrug | PriorTherapy | Washout | Performance | Lab | KidneyFunction | OrganFunction
    | CnsMetastases | Comorbidity | Alive | AnyGenomicResult | Unsupported
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Predicate:
    """A leaf: one question, where it stands in the document, and how it is worded there.

    `span` is where the wording starts and ends (`text[start:end]`) in the text the path names, where the
    criterion was read from text.
    """

    path: str
    wording: str
    asks: Question
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Not:
    child: Node


@dataclass(frozen=True, slots=True)
class And:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    children: tuple[Node, ...]


Node: TypeAlias = And | Or | Not | Predicate

LevelName = Literal["trial", "step", "arm", "dose"]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a trial document that a curator should look at: not read, missing (strict mode), or
    read and only worth knowing."""

    path: str
    message: str
    kind: Literal["unread", "missing", "info"] = "unread"


@dataclass(frozen=True, slots=True)
class Level:
    """Trial, step, arm or dose level. `match` is its own clause; the clauses above it apply too.

    `suspended`: it, a part above it, or every arm of it is suspended; `flagged` is its own mark alone.
    """

    name: LevelName
    code: str
    path: str
    title: str = ""
    suspended: bool = False
    match: Node | None = None
    below: tuple[Level, ...] = ()
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial as screened. `is_open` is None when the document does not state a status."""

    trial_id: str
    version: str
    title: str
    root: Level
    nct_id: str = ""
    status: str = ""
    is_open: bool | None = None
    notices: tuple[Notice, ...] = field(default=())


def all_of(nodes: list[Node]) -> Node | None:
    """AND of the nodes; the node itself if it is alone; None if there is none to evaluate."""
    return nodes[0] if len(nodes) == 1 else And(tuple(nodes)) if nodes else None


def any_of(nodes: list[Node]) -> Node | None:
    """OR of the nodes; the node itself if it is alone; None if there is none to evaluate."""
    return nodes[0] if len(nodes) == 1 else Or(tuple(nodes)) if nodes else None


def predicates(node: Node | None) -> list[Predicate]:
    """All leaves, in reading order."""
    if node is None:
        return []
    if isinstance(node, Predicate):
        return [node]
    children = (node.child,) if isinstance(node, Not) else node.children
    return [leaf for child in children for leaf in predicates(child)]

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

    `wildtype` asks for the opposite on covered ground: tested, and no such finding.
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


@dataclass(frozen=True, slots=True)
class BiomarkerState:
    """A result in words, such as MSI high or HER2 negative."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class BiomarkerNumber:
    """A measured biomarker, such as tumour mutational burden in mutations per megabase."""

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
class PriorLines:
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class PriorDrug:
    agent: str


@dataclass(frozen=True, slots=True)
class Performance:
    scale: Literal["ECOG", "KPS"]
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Alive:
    """The patient is not recorded as deceased."""


@dataclass(frozen=True, slots=True)
class AnyGenomicResult:
    """Any genomic test or finding at all."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A criterion this version cannot evaluate: always unknown, never dropped."""

    why: str


Question: TypeAlias = (
    Alteration | BiomarkerState | BiomarkerNumber | Diagnosis | Age | Sex | DiseaseStatus | PriorLines
    | PriorDrug | Performance | Alive | AnyGenomicResult | Unsupported
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Predicate:
    """A leaf: one question, where it stands in the document, and how it is worded there."""

    path: str
    wording: str
    asks: Question


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
    """Something in a trial document that a curator should look at."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Level:
    """Trial, step, arm or dose level. `match` is its own clause; the clauses above it apply too."""

    name: LevelName
    code: str
    path: str
    title: str = ""
    suspended: bool = False
    match: Node | None = None
    below: tuple[Level, ...] = ()


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

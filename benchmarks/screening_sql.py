# ruff: noqa: E501 (statements stand as they are written)
"""The same criteria in SQL, as an analyst would write them by hand for DuckDB, three-valued by NULL.

Met is true, not met false, unknown NULL: SQL's own logic is Kleene's. What several trials ask of a patient is
worked out once: a table with one row for each patient (latest values in their windows), and one column for each
question about the tables behind it. Then one statement a trial. Kinds of criterion that are not written here
leave their trial out of the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.screening_cohort import AS_OF
from tumorboard.codes.consequences import SILENT
from tumorboard.pipeline.silver.analytes import analyte_of, factor
from tumorboard.trials.conditions import CONDITIONS
from tumorboard.trials.criteria import (
    Age,
    Alive,
    Alteration,
    And,
    BiomarkerNumber,
    BiomarkerState,
    CnsMetastases,
    Comorbidity,
    Diagnosis,
    DiseaseStatus,
    KidneyFunction,
    Lab,
    Node,
    Not,
    Performance,
    Predicate,
    PriorDrug,
    PriorLines,
    PriorTherapy,
    Question,
    Sex,
    Stage,
    Treatments,
    Trial,
    Unsupported,
    Washout,
)
from tumorboard.trials.drugs import CLASSES
from tumorboard.trials.rules import Rules
from tumorboard.trials.screening import VITAL_STATUS

DAY = f"DATE '{AS_OF.isoformat()}'"
RULES = Rules()


class NotWritten(Exception):
    """No SQL was written for this kind of criterion."""


def _listed(words: Any) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words)) or "''"


# ---- one question: an aggregate over one table, by patient, or an expression over the patient's own row


def _age(asks: Age) -> str:
    if asks.unit != "years" or asks.comparison.sign == "==":
        raise NotWritten
    reached = f"birth_date + INTERVAL {round(asks.comparison.number * 12)} MONTH"
    if asks.completed:
        years = f"date_diff('month', birth_date, {DAY}) - (CASE WHEN day(birth_date) > day({DAY}) THEN 1 ELSE 0 END)"
        return f"floor(({years}) / 12) {asks.comparison.sign} {asks.comparison.number}"
    return f"{DAY} {asks.comparison.sign} {reached}"


def _lab(asks: Lab) -> str:
    days = RULES.lab_days if asks.within_days is None else asks.within_days
    analyte = analyte_of(set(), asks.analyte)
    if analyte is None:
        raise NotWritten
    times = None if asks.times else factor(analyte, asks.unit)
    limit = (
        f"{asks.comparison.number} * {'high' if asks.times == 'ULN' else 'low'}"
        if asks.times
        else (repr(asks.comparison.number * times) if times else "")
    )
    if not limit:
        raise NotWritten
    holds = f"value {asks.comparison.sign} {limit}"
    return (
        f"SELECT patient_key, CASE WHEN bool_and({holds}) = bool_or({holds}) THEN bool_and({holds}) END AS answer "
        f"FROM latest_labs WHERE name = '{analyte.name}' AND taken_on BETWEEN {DAY} - {days} AND {DAY} GROUP BY 1"
    )


def _diagnosis(asks: Diagnosis) -> str:
    members, above = RULES.oncotree.members(asks.term), RULES.oncotree.broader(asks.term)
    return (
        "SELECT patient_key, CASE WHEN bool_or(oncotree IN (" + _listed(members) + ")) THEN true "
        f"WHEN bool_or(oncotree IN ({_listed(above)}) OR oncotree = '') THEN NULL ELSE false END AS answer "
        'FROM diagnoses WHERE "primary" IS DISTINCT FROM false GROUP BY 1'
    )


def _alteration(asks: Alteration) -> str:
    """Found; else perhaps found; else not found on a panel that covers the gene for these kinds."""
    if asks.gene is None or asks.partner or asks.classes or asks.tiers or asks.effects or asks.germline:
        raise NotWritten
    if len(asks.kinds) != 1 or (asks.position and asks.position.text != "p.V600"):
        raise NotWritten
    (kind,) = asks.kinds
    met, open_ = _mutation(asks) if kind == "mutation" else _other(asks, kind)
    where = f"(gene = '{asks.gene}'" + (f" OR partner_gene = '{asks.gene}')" if kind == "sv" else ")")
    kinds = "'snv', 'indel'" if kind == "mutation" else f"'{kind}'"
    covered = f"list_contains(genes, '{asks.gene}') AND " + (
        f"list_contains(coalesce(profiles, shown), '{kind}')"
    )
    answer = "CASE WHEN f.met THEN true WHEN f.open THEN NULL WHEN t.covered THEN false END"
    return (
        f"SELECT patient_key, {'NOT ' if asks.wildtype else ''}({answer}) AS answer FROM "
        f"(SELECT patient_key, bool_or(({met}) AND filter = 'PASS') AS met, "
        f"bool_or((({met}) AND filter <> 'PASS') OR ({open_})) AS open "
        f"FROM variants WHERE kind IN ({kinds}) AND {where} GROUP BY 1) f "
        f"FULL JOIN (SELECT patient_key, true AS covered FROM reports WHERE {covered} GROUP BY 1) t USING (patient_key)"
    )


def _mutation(asks: Alteration) -> tuple[str, str]:
    loud = f"consequence NOT IN ({_listed(SILENT)})"
    met, open_ = loud, "false"
    if asks.change:
        met = f"{loud} AND hgvs_p = '{asks.change.text}'"
    if asks.position:
        letters = "[ACDEFGHIKLMNPQRSTUWY]"
        met = f"{loud} AND regexp_matches(hgvs_p, '^p\\.V600{letters}$')"
    if asks.exon is not None:
        open_ = f"{loud} AND exon IS NULL" + (f" AND hgvs_p = '{asks.change.text}'" if asks.change else "")
        met = f"{met} AND exon = {asks.exon}"
    return met, open_


def _other(asks: Alteration, kind: str) -> tuple[str, str]:
    if kind == "sv":
        return "true", "false"
    if asks.cnv_call == "high amplification":
        return f"copy_number >= {RULES.amplified_copies}", "copy_number IS NULL"
    if asks.cnv_call:
        raise NotWritten
    return f"NOT (copy_number >= {RULES.lost_copies} AND copy_number < {RULES.gained_copies})", "false"


def _biomarker_number(asks: BiomarkerNumber) -> str:
    holds = f"value_number {asks.comparison.sign} {asks.comparison.number}"
    return (
        f"SELECT patient_key, CASE WHEN bool_and({holds}) = bool_or({holds}) THEN bool_and({holds}) END AS answer "
        f"FROM biomarkers WHERE name = '{asks.name}' AND value_number IS NOT NULL GROUP BY 1"
    )


def _biomarker_state(asks: BiomarkerState) -> str:
    if (asks.name, asks.state) not in {("HER2", "positive"), ("HER2", "negative"), ("MSI", "high")}:
        raise NotWritten
    yes = f"(name = '{asks.name}' AND interpretation = '{asks.state}')"
    no_words = {"positive": "negative", "negative": "positive", "high": "stable"}
    no = f"(name = '{asks.name}' AND interpretation = '{no_words[asks.state]}')"
    own = f"CASE WHEN bool_or({yes}) AND bool_or({no}) THEN NULL WHEN bool_or({yes}) THEN true WHEN bool_or({no}) THEN false "
    if asks.name == "MSI":
        yes, no = (
            "(name = 'MMR' AND interpretation = 'positive')",
            "(name = 'MMR' AND interpretation = 'negative')",
        )
        own += f"WHEN bool_or({yes}) AND bool_or({no}) THEN NULL WHEN bool_or({yes}) THEN true WHEN bool_or({no}) THEN false "
    return f"SELECT patient_key, {own} END AS answer FROM biomarkers GROUP BY 1"


def _performance(asks: Performance) -> str:
    if asks.scale != "ECOG":
        raise NotWritten
    days = RULES.performance_days if asks.within_days is None else asks.within_days
    holds = f"value {asks.comparison.sign} {asks.comparison.number}"
    return (
        f"SELECT patient_key, CASE WHEN bool_and({holds}) = bool_or({holds}) THEN bool_and({holds}) END AS answer "
        f"FROM latest_performance WHERE assessed_on BETWEEN {DAY} - {days} AND {DAY} GROUP BY 1"
    )


def _prior(asks: PriorDrug | PriorTherapy) -> str:
    what = Treatments(agents=(asks.agent,)) if isinstance(asks, PriorDrug) else asks.what
    given = _meant(what)
    if isinstance(asks, PriorTherapy) and asks.setting:
        raise NotWritten
    days = asks.within_days if isinstance(asks, PriorTherapy) else None
    if days is not None:
        recent = f"coalesce({DAY} - last_day <= {days}, CASE WHEN {DAY} - started_on <= {days} THEN true END)"
        given = f"({given} AND {recent})"
    return (
        f"SELECT patient_key, CASE WHEN met THEN true WHEN open THEN NULL WHEN {_complete(days)} THEN false END AS answer FROM "
        f"(SELECT patient_key, bool_or({given}) AS met, bool_or(({given}) IS NULL) AS open FROM courses GROUP BY 1) g "
        "FULL JOIN complete USING (patient_key)"
    )


def _stage(table: str, levels: str, metastatic: str) -> str:
    """By stage IV where there is one, else by the latest if recent; `metastatic` if a metastasis is recorded."""
    return (
        f"SELECT patient_key, coalesce({metastatic}, CASE WHEN numeral = 'IV' OR assessed_on BETWEEN {DAY} - "
        f"{RULES.stage_days} AND {DAY} THEN {levels} END) AS answer FROM {table} FULL JOIN spread USING (patient_key)"
    )


def _stage_group(asks: Stage) -> str:
    if any(group not in ("III", "IV") for group in asks.groups):
        raise NotWritten
    return _stage("leading_stage", f"numeral IN ({_listed(asks.groups)})", "NULL")


def _disease_status(asks: DiseaseStatus) -> str:
    wanted = {"metastatic": "'IV'", "locally advanced": "'III'"}
    if any(state not in wanted for state in asks.states):
        raise NotWritten
    numerals = ", ".join(wanted[state] for state in asks.states)
    spread = "true" if "metastatic" in asks.states else "false"
    return _stage("leading_extent", f"numeral IN ({numerals})", f"CASE WHEN is_spread THEN {spread} END")


def _cns(asks: CnsMetastases) -> str:
    found = "true" if asks.state == "any" else "NULL"
    if asks.state == "leptomeningeal":
        raise NotWritten
    return (
        f"SELECT patient_key, CASE WHEN b.found THEN {found} WHEN s.denied THEN false END AS answer FROM "
        "(SELECT patient_key, true AS found FROM diagnoses WHERE \"primary\" = false AND lower(text) LIKE '%brain%' "
        "GROUP BY 1) b FULL JOIN (SELECT patient_key, "
        f"max(stated_on) BETWEEN {DAY} - {RULES.examination_days} AND {DAY} AS denied "
        "FROM statements WHERE kind = 'not so' AND subject = 'brain metastases' GROUP BY 1) s USING (patient_key)"
    )


def _comorbidity(asks: Comorbidity) -> str:
    if asks.condition in ("pregnancy", "second malignancy") or asks.condition not in CONDITIONS:
        raise NotWritten
    condition = CONDITIONS[asks.condition]
    words = f"(?i)(^|\\W)({condition.words})(\\W|$)".replace("'", "''")
    codes = " OR ".join(f"starts_with(replace(code, '.', ''), '{code}')" for code in condition.codes)
    named = f"(regexp_matches({{}}, '{words}') OR {codes})"
    applies = "true"
    if asks.within_days is not None:
        applies = (
            f"CASE WHEN onset_on IS NOT NULL THEN onset_on BETWEEN {DAY} - {asks.within_days} AND {DAY} END"
        )
    if asks.active:
        ongoing, over = (
            "status IN ('active', 'recurrence', 'relapse')",
            "status IN ('resolved', 'inactive', 'remission')",
        )
        applies = f"CASE WHEN {ongoing} THEN {applies} WHEN {over} THEN false END"
    return (
        "SELECT patient_key, CASE WHEN c.met THEN true WHEN c.open THEN NULL WHEN s.denied THEN false END AS answer "
        f"FROM (SELECT patient_key, bool_or({applies}) AS met, bool_or(({applies}) IS NULL) AS open FROM comorbidities "
        f"WHERE {named.format('text')} GROUP BY 1) c FULL JOIN (SELECT patient_key, "
        f"max(stated_on) BETWEEN {DAY} - {RULES.contact_days} AND {DAY} AS denied FROM statements "
        f"WHERE kind = 'not so' AND {named.format('subject')} GROUP BY 1) s USING (patient_key)"
    )


def _kidney(asks: KidneyFunction) -> str:
    """Cockcroft and Gault; the laboratories of this cohort report no clearance of their own."""
    if asks.unit != "mL/min" or asks.method not in ("any", "Cockcroft-Gault"):
        raise NotWritten
    days = RULES.lab_days if asks.within_days is None else asks.within_days
    years = f"floor((date_diff('month', birth_date, {DAY}) - CASE WHEN day(birth_date) > day({DAY}) THEN 1 ELSE 0 END) / 12)"
    value = f"(140 - {years}) * kilograms / (72 * value) * CASE sex WHEN 'female' THEN 0.85 WHEN 'male' THEN 1.0 END"
    holds = f"({value} {asks.comparison.sign} {asks.comparison.number})"
    return (
        f"SELECT patient_key, CASE WHEN bool_and({holds}) = bool_or({holds}) THEN bool_and({holds}) END AS answer "
        f"FROM latest_labs JOIN weight USING (patient_key) JOIN patients USING (patient_key) WHERE latest_labs.name = 'Creatinine' "
        f"AND value <> 0 AND {years} BETWEEN 18 AND 139 AND taken_on BETWEEN {DAY} - {days} AND {DAY} GROUP BY 1"
    )


def _lines(asks: PriorLines) -> str:
    if asks.of != Treatments() or asks.setting or asks.comparison.sign == "==":
        raise NotWritten
    low, high = (f"{side} {asks.comparison.sign} {asks.comparison.number}" for side in ("low", "high"))
    return (
        f"SELECT patient_key, CASE WHEN ({low}) = ({high}) THEN {low} END AS answer FROM "
        "(SELECT patient_key, coalesce(low, 0) AS low, coalesce(high, 0) AS high FROM lines)"
    )


def _washout(asks: Washout) -> str:
    if asks.half_lives:
        raise NotWritten
    meant = _meant(asks.what)
    ended = (
        f"coalesce({DAY} - last_day < {asks.days}, CASE WHEN {DAY} - started_on < {asks.days} THEN true END)"
    )
    return (
        f"SELECT patient_key, CASE WHEN late THEN false WHEN open THEN NULL WHEN {_complete(asks.days)} THEN true END AS answer FROM "
        f"(SELECT patient_key, bool_or(({meant}) IS true AND ({ended}) IS true) AS late, "
        f"bool_or(({meant}) IS NULL AND ({ended}) IS DISTINCT FROM false OR ({meant}) AND ({ended}) IS NULL) AS open "
        "FROM courses GROUP BY 1) FULL JOIN complete USING (patient_key)"
    )


def _complete(days: int | None) -> str:
    """Whether the history was stated to be complete lately enough to speak for the last `days`."""
    reach = RULES.contact_days if days is None else min(days, RULES.contact_days)
    return f"complete_on BETWEEN {DAY} - {reach} AND {DAY}"


def _meant(what: Treatments) -> str:
    """Whether a course is one of these; the agents of this cohort are all in the list of known ones."""
    if what == Treatments():
        return "true"
    agents = {*what.agents, *(agent for name in what.classes for agent in CLASSES[name])}
    return f"(name IN ({_listed(agents)}) OR kind IN ({_listed(what.modalities)}))"


_OF_TABLES: dict[type, Callable[[Any], str]] = {
    Lab: _lab, Diagnosis: _diagnosis, Alteration: _alteration, BiomarkerNumber: _biomarker_number,
    BiomarkerState: _biomarker_state, Performance: _performance, PriorDrug: _prior, PriorTherapy: _prior,
    Stage: _stage_group, DiseaseStatus: _disease_status, CnsMetastases: _cns,
    Comorbidity: _comorbidity, KidneyFunction: _kidney, PriorLines: _lines, Washout: _washout,
}  # fmt: skip
_SEX = "CASE WHEN sex IN ('female', 'male') THEN sex = '{}' END"
_ALIVE = (
    f"CASE WHEN deceased THEN false WHEN last_contact IS NOT NULL THEN CASE WHEN last_contact BETWEEN {DAY} - "
    f"{RULES.contact_days} AND {DAY} THEN true END WHEN deceased IS NULL THEN NULL ELSE true END"
)


def of_person(asks: Question) -> str | None:
    """An expression over the patient's own row, if the question is about the person."""
    if isinstance(asks, Age):
        return _age(asks)
    if isinstance(asks, Sex):
        return _SEX.format(asks.value)
    if isinstance(asks, Alive):
        return _ALIVE
    return "CAST(NULL AS BOOLEAN)" if isinstance(asks, Unsupported) else None


_SHARED = """
CREATE TABLE latest_labs AS SELECT * FROM labs l
  QUALIFY taken_on IS NOT DISTINCT FROM max(taken_on) OVER (PARTITION BY patient_key, name);
CREATE TABLE latest_performance AS SELECT * FROM performance
  QUALIFY assessed_on IS NOT DISTINCT FROM max(assessed_on) OVER (PARTITION BY patient_key);
CREATE TABLE reports AS SELECT t.*, list_append(
    (SELECT list(DISTINCT v.kind) FROM variants v WHERE v.test_id = t.test_id AND v.kind IN ('cnv', 'sv')), 'mutation'
  ) AS shown FROM genomic_tests t WHERE reported_on <= {day};
CREATE TABLE complete AS SELECT patient_key, max(stated_on) AS complete_on FROM statements
  WHERE kind = 'treatment history complete' AND stated_on IS NOT NULL GROUP BY 1;
CREATE TABLE spread AS SELECT patient_key, true AS is_spread FROM diagnoses WHERE "primary" = false GROUP BY 1;
CREATE TABLE leading_stage AS SELECT *, regexp_extract(stage_group, '^(IV|I+)', 1) AS numeral FROM (
  SELECT patient_key, row_id, assessed_on,
    CASE WHEN stage_group = '' AND m LIKE 'M1%' THEN 'IV' ELSE stage_group END AS stage_group FROM stages) s
  WHERE stage_group <> '' QUALIFY row_number() OVER (PARTITION BY patient_key ORDER BY
    stage_group LIKE 'IV%' DESC, assessed_on DESC NULLS LAST, CAST(split_part(row_id, '-', 2) AS BIGINT)) = 1;
CREATE TABLE leading_extent AS SELECT *, regexp_extract(stage_group, '^(IV|I+)', 1) AS numeral FROM (
  SELECT patient_key, row_id, assessed_on,
    CASE WHEN m LIKE 'M1%' THEN 'IV' ELSE stage_group END AS stage_group FROM stages) s
  WHERE stage_group <> '' QUALIFY row_number() OVER (PARTITION BY patient_key ORDER BY
    stage_group LIKE 'IV%' DESC, assessed_on DESC NULLS LAST, CAST(split_part(row_id, '-', 2) AS BIGINT)) = 1;
CREATE TABLE weight AS SELECT patient_key, arg_max(value, (taken_on, row_id)) AS kilograms FROM measures
  WHERE measure = 'body_weight' AND unit = 'kg' AND value BETWEEN 20 AND 400
    AND taken_on BETWEEN {day} - {weight_days} AND {day} GROUP BY 1;
CREATE TABLE courses AS SELECT *,
  CASE WHEN ended_on IS NOT NULL THEN least(ended_on, {day}) WHEN status IN ('active', 'in-progress') THEN {day}
    WHEN kind = 'surgery' THEN started_on END AS last_day,
  coalesce(ended_on <= {day}, status IN ('completed', 'stopped')) AS is_over,
  intent IN ('adjuvant', 'neoadjuvant', 'perioperative', 'curative') AS is_curative FROM therapies
  WHERE started_on IS NULL OR started_on <= {day};
CREATE TABLE lines AS SELECT patient_key,
  greatest(coalesce(low_count, 0), coalesce(low_number, 0)) AS low,
  CASE WHEN unnumbered AND NOT coalesce(complete, false) THEN 30
    ELSE greatest(high_count, coalesce(high_number, 0)) + curative END AS high
  FROM (SELECT patient_key,
      count(DISTINCT line) FILTER (NOT is_curative AND is_over AND NOT line_runs)
        + count(*) FILTER (NOT is_curative AND is_over AND line IS NULL) AS low_count,
      max(line) FILTER (NOT is_curative AND is_over AND NOT line_runs) AS low_number,
      count(DISTINCT line) FILTER (NOT is_curative) + count(*) FILTER (NOT is_curative AND line IS NULL) AS high_count,
      max(line) FILTER (NOT is_curative) AS high_number,
      count(DISTINCT intent) FILTER (is_curative) AS curative,
      coalesce(bool_or(line IS NULL) FILTER (NOT is_curative), false) AS unnumbered
    FROM (SELECT *, coalesce(bool_or(NOT is_over AND NOT is_curative) OVER (PARTITION BY patient_key, line), false)
        AND line IS NOT NULL AS line_runs FROM courses WHERE kind IN ('systemic', '')) GROUP BY 1) counted
  FULL JOIN (SELECT patient_key, true AS complete FROM complete WHERE complete_on BETWEEN {day} - {contact_days} AND {day})
  USING (patient_key);
"""


class Reference:
    """The comparison: its tables in DuckDB, and a verdict for each patient and place."""

    def __init__(self, tables: dict[str, pa.Table], threads: int) -> None:
        self.base = duckdb.connect(config={"threads": threads})
        self.asked: dict[Question, str] = {}
        for name, rows in tables.items():
            self.base.register(f"arrow_{name.partition('.')[2]}", rows)
            self.base.execute(
                f"CREATE TABLE {name.partition('.')[2]} AS SELECT * FROM arrow_{name.partition('.')[2]}"
            )

    def prepare(self, trials: list[Trial]) -> None:
        """What several trials need, and one column for each question."""
        self.base.execute(
            _SHARED.format(day=DAY, weight_days=RULES.weight_days, contact_days=RULES.contact_days)
        )
        for asks in _questions(trials):
            person = of_person(asks)
            name = f"q{len(self.asked)}"
            if person is None:
                self.base.execute(
                    f"CREATE TABLE {name} AS SELECT p.patient_key, a.answer FROM patients p LEFT JOIN "
                    f"({_OF_TABLES[type(asks)](asks)}) a USING (patient_key) ORDER BY p.patient_key"
                )
            else:
                self.base.execute(
                    f"CREATE TABLE {name} AS SELECT patient_key, {person} AS answer FROM patients ORDER BY patient_key"
                )
            self.asked[asks] = name

    def verdicts(self, clauses: tuple[Node, ...]) -> Any:
        """Of one place: 2 fits, 1 uncertain, 0 excluded, by patient in the order of their keys."""
        used = sorted({self.asked[asks] for clause in clauses for asks in _asks(clause)})
        expression = " AND ".join(f"({self._sql(clause)})" for clause in clauses)
        joined = used[0] + "".join(f" POSITIONAL JOIN {name}" for name in used[1:])
        statement = f"SELECT CASE ({expression}) WHEN true THEN 2 WHEN false THEN 0 ELSE 1 END::TINYINT AS v FROM {joined}"
        return self.base.execute(statement).fetchnumpy()["v"]

    def _sql(self, node: Node) -> str:
        if isinstance(node, Predicate):
            return f"{self.asked[node.asks]}.answer"
        if isinstance(node, Not):
            return f"NOT ({self._sql(node.child)})"
        sign = " AND " if isinstance(node, And) else " OR "
        return sign.join(f"({self._sql(child)})" for child in node.children)


def _asks(node: Node) -> Iterator[Question]:
    if isinstance(node, Predicate):
        yield node.asks
    else:
        for child in (node.child,) if isinstance(node, Not) else node.children:
            yield from _asks(child)


def places(trial: Trial) -> Iterator[tuple[Node, ...]]:
    """The clauses of each place where a patient can join, vital status first."""
    waiting: list[tuple[Any, tuple[Node, ...]]] = [(trial.root, (VITAL_STATUS,))]
    while waiting:
        level, above = waiting.pop(0)
        clauses = above if level.match is None else (*above, level.match)
        if not level.below:
            yield clauses
        waiting = [(below, clauses) for below in level.below] + waiting


def _questions(trials: list[Trial]) -> list[Question]:
    return list(dict.fromkeys(q for t in trials for clauses in places(t) for c in clauses for q in _asks(c)))


def is_written(trial: Trial) -> bool:
    """Whether every criterion of the trial can be said here."""
    try:
        for asks in _questions([trial]):
            if of_person(asks) is None:
                _OF_TABLES[type(asks)](asks)
    except (NotWritten, KeyError):
        return False
    return True

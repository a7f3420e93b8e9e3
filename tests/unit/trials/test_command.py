"""The command: known answers of the public comparison set, file shapes, hostile input, exit codes."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.trials.conftest import clinical, genomic
from tumorboard.trials.command import main

CLINICAL = {
    "_id": {"$oid": "a" * 24}, "SAMPLE_ID": "S1", "MRN": "M1", "VITAL_STATUS": "alive", "GENDER": "Female",
    "ONCOTREE_PRIMARY_DIAGNOSIS_NAME": "Lung Adenocarcinoma", "BIRTH_DATE_INT": 19600101.0,
    "REPORT_DATE": {"$date": {"$numberLong": "1577836800000"}},
}  # fmt: skip
GENOMIC = {
    "_id": {"$oid": "b" * 24}, "CLINICAL_ID": {"$oid": "a" * 24}, "VARIANT_CATEGORY": "MUTATION",
    "TRUE_HUGO_SYMBOL": "EGFR", "TRUE_PROTEIN_CHANGE": "p.L858R",
    "TRUE_VARIANT_CLASSIFICATION": "Missense_Mutation", "TRUE_TRANSCRIPT_EXON": {"$numberInt": "21"},
}  # fmt: skip
EGFR = {"protocol_no": "T-1", "match": [genomic(hugo_symbol="EGFR", variant_category="Mutation")]}


def _run(*arguments: Any) -> tuple[int, list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    code = main(["match", "--json", "--as-of", "2025-06-30", *map(str, arguments)], out, err)
    return code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    trials, patients = tmp_path / "trials", tmp_path / "patients"
    trials.mkdir()
    patients.mkdir()
    (trials / "t.json").write_text(json.dumps(EGFR))
    (patients / "clinical.json").write_text(json.dumps([CLINICAL]))
    (patients / "genomic.json").write_text(json.dumps([GENOMIC]))
    return trials, patients


def _screen(folders: tuple[Path, Path], *more: str) -> tuple[int, list[dict[str, Any]], str]:
    return _run("--trials", folders[0], "--patients", folders[1], *more)


@pytest.mark.parametrize("deceased", [True, False])
@pytest.mark.parametrize("world", [["--closed-world"], []])
def test_the_stated_counts(shared_data: Path, deceased: bool, world: list[str]) -> None:
    folder = shared_data / "trials" / "matchminer"
    expected = json.loads((folder / "expected_counts.json").read_text())
    code, lines, errors = _run(
        "--trials", folder / "trials", "--patients", folder / "patients", "--include-closed", *world,
        *(["--include-deceased"] if deceased else []), "--as-of", expected["age_reference_date"],
    )  # fmt: skip
    assert (code, "left out" in errors, "not read" in errors) == (0, False, False)
    fits = {(line["trial"], line["sample"]) for line in lines if line["verdict"] == "fits"}
    counts = {trial: sum(each == trial for each, _ in fits) for trial in expected["trials"]}
    key = "expected_samples_including_deceased" if deceased else "expected_samples_without_deceased"
    assert counts == expected[key]


def test_closed_and_suspended_levels_are_reported_and_screened_on_request(
    folders: tuple[Path, Path],
) -> None:
    arm = {"arm_code": "A", "arm_suspended": "Y", "match": EGFR["match"]}
    other = {"arm_code": "B", "arm_suspended": "N", "match": EGFR["match"]}
    trial = {"protocol_no": "T-1", "treatment_list": {"step": [{"step_code": "1", "arm": [arm, other]}]}}
    (folders[0] / "t.json").write_text(json.dumps(trial))
    (folders[0] / "closed.json").write_text(json.dumps({**EGFR, "protocol_no": "T-2", "status": "Closed"}))
    _, lines, _ = _screen(folders)
    states = {(line["trial"], line["code"]): (line["state"], line["verdict"]) for line in lines}
    assert states[("T-1", "A")] == ("suspended", "none")
    assert states[("T-1", "B")] == ("status unknown", "fits")
    assert states[("T-2", "")] == ("closed", "none")
    _, lines, _ = _screen(folders, "--include-closed")
    assert {line["verdict"] for line in lines if line["code"] == "A" or line["trial"] == "T-2"} == {"fits"}


def test_a_line_says_everything(folders: tuple[Path, Path]) -> None:
    code, lines, _ = _screen(folders)
    assert code == 0
    (line,) = lines
    assert (line["patient"], line["sample"], line["trial"], line["level"]) == ("M1", "S1", "T-1", "trial")
    assert line["verdict"] == "fits"
    alteration = line["criteria"][1]
    assert {"path", "wording", "result", "reason_code", "evidence", "would_settle"} <= set(alteration)
    assert alteration["evidence"] == ["silver.variants/" + "b" * 24]


def test_absence_is_unknown_and_says_who_must_answer(folders: tuple[Path, Path]) -> None:
    kras = {**EGFR, "match": [genomic(hugo_symbol="KRAS", variant_category="!Mutation")]}
    (folders[0] / "t.json").write_text(json.dumps(kras))
    (line,) = _screen(folders)[1]
    (asked,) = [each for each in line["criteria"] if each["would_settle"]]
    assert (line["verdict"], asked["reason_code"]) == ("uncertain", "not_tested")
    assert (asked["would_settle"], asked["who_answers"]) == (
        "Test that covers KRAS for mutations", "molecular laboratory",
    )  # fmt: skip
    (boolean,) = _screen(folders, "--closed-world")[1]
    assert (boolean["verdict"], boolean["not_run_by_default"]) == ("fits", 22)


YAML = """
protocol_no: Y-1
treatment_list:
  step:
  - step_code: "1"
    arm:
    - arm_code: A
      arm_suspended: N
      match:
      - genomic: {hugo_symbol: EGFR, variant_category: Mutation}
      - clinical: {active_brain_metastases_allowed: No}
---
protocol_no: Y-2
match:
- clinical: {gender: Female}
"""


def test_yaml_with_several_documents_arrays_and_json_lines(folders: tuple[Path, Path]) -> None:
    (folders[0] / "y.yml").write_text(YAML)
    (folders[0] / "array.json").write_text(
        json.dumps([{**EGFR, "protocol_no": "A-1"}, {**EGFR, "protocol_no": "A-2"}])
    )
    lines_of = "\n".join(json.dumps({**EGFR, "protocol_no": f"L-{n}"}) for n in (1, 2))
    (folders[0] / "l.json").write_text(lines_of)
    code, lines, errors = _screen(folders)
    assert (code, errors.count("not read")) == (0, 0)
    assert {line["trial"] for line in lines} == {"T-1", "Y-1", "Y-2", "A-1", "A-2", "L-1", "L-2"}


def test_csv_documents_are_linked_by_sample(folders: tuple[Path, Path]) -> None:
    for name in ("clinical.json", "genomic.json"):
        (folders[1] / name).unlink()
    (folders[1] / "clinical.csv").write_text(
        "SAMPLE_ID,MRN,VITAL_STATUS,GENDER,BIRTH_DATE,ONCOTREE_PRIMARY_DIAGNOSIS_NAME\n"
        "S1,M1,alive,Female,1960-01-01,Lung Adenocarcinoma\n"
    )
    (folders[1] / "genomic.csv").write_text(
        "SAMPLE_ID,VARIANT_CATEGORY,TRUE_HUGO_SYMBOL,TRUE_PROTEIN_CHANGE\nS1,MUTATION,EGFR,p.L858R\n"
        "S9,MUTATION,EGFR,p.L858R\n"
    )
    code, lines, errors = _screen(folders)
    assert [line["verdict"] for line in lines] == ["fits"]
    assert code == 1
    assert "genomic.csv: line 3.CLINICAL_ID: no clinical document has this id" in errors


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_tables_exported_from_the_lake(folders: tuple[Path, Path], tmp_path: Path, form: str) -> None:
    export = tmp_path / "lake"
    export.mkdir()
    tables = {
        "silver.patients": {"sex": "female", "birth_date": date(1960, 1, 1), "deceased": False},
        "silver.genomic_tests": {
            "test_id": "t", "assay": "panel", "genes": ["EGFR", "KRAS"], "profiles": ["mutation"],
        },
        "silver.variants": {"test_id": "t", "gene": "EGFR", "kind": "snv", "hgvs_p": "p.L858R"},
    }  # fmt: skip
    for table, row in tables.items():
        frame = pd.DataFrame([{"patient_key": "p1", "row_id": "r1", **row}])
        path = export / f"{table}.{form}"
        if form == "parquet":
            frame.to_parquet(path)
        elif form == "csv":
            frame.to_csv(path, index=False)
        else:
            path.write_text(frame.to_json(orient="records", lines=True, date_format="iso"))
    kras = genomic(hugo_symbol="KRAS", variant_category="!Mutation")
    (folders[0] / "t.json").write_text(json.dumps({**EGFR, "match": [*EGFR["match"], kras]}))  # type: ignore[misc]
    code, (line,), errors = _run("--trials", folders[0], "--patients", export)
    assert (code, line["patient"], line["sample"], line["verdict"]) == (0, "p1", None, "fits"), errors
    assert line["criteria"][2]["evidence"] == ["silver.genomic_tests/r1"]


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(folders: tuple[Path, Path]) -> None:
    (folders[0] / "broken.json").write_text("{")
    (folders[0] / "none.json").write_text('{"match": []}')
    (folders[0] / "unknown.json").write_text(
        json.dumps({"protocol_no": "T-2", "match": [clinical(favourite_colour="blue")]})
    )
    born = {**CLINICAL, "_id": "x2", "SAMPLE_ID": "S2", "BIRTH_DATE_INT": 19991345}
    (folders[1] / "more.json").write_text(json.dumps([born, 7, {"a": 1}]))
    code, lines, errors = _screen(folders)
    assert code == 1
    for named in (
        "broken.json: line 1", "none.json: protocol_no", "unknown.json: match[0].clinical.favourite_colour",
        "more.json: $[0].BIRTH_DATE_INT: not a date", "more.json: $[1]", "more.json: $[2]",
    ):  # fmt: skip
        assert named in errors
    assert {(line["sample"], line["trial"]) for line in lines} == {
        ("S1", "T-1"), ("S2", "T-1"), ("S1", "T-2"), ("S2", "T-2"),
    }  # fmt: skip


def test_strict_mode_names_every_missing_field(folders: tuple[Path, Path]) -> None:
    code, _, errors = _screen(folders, "--strict")
    assert code == 1
    assert "t.json: nct_id: required by the schema and missing" in errors
    assert "t.json: principal_investigator" in errors


def test_nothing_to_screen(tmp_path: Path) -> None:
    assert _run("--trials", tmp_path, "--patients", tmp_path)[0] == 2


def _nested(depth: int) -> str:
    return '{"protocol_no": "D", "match": [' + '{"and": [' * depth + "]}" * depth + "]}"


def test_ten_thousand_levels_are_refused_and_forty_one_are_named(folders: tuple[Path, Path]) -> None:
    (folders[0] / "deep.json").write_text(_nested(10_000))
    (folders[0] / "deep.yml").write_text("protocol_no: D\nmatch: " + "[" * 10_000 + "]" * 10_000)
    (folders[0] / "deepish.json").write_text(_nested(300).replace('"D"', '"D3"'))
    (folders[1] / "deep.json").write_text('{"MRN": ' * 10_000 + "1" + "}" * 10_000)
    (folders[1] / "deepish.json").write_text('{"MRN": ' * 500 + "1" + "}" * 500)
    code, lines, errors = _screen(folders)
    assert code == 1
    assert {line["trial"] for line in lines} == {"T-1", "D3"}
    for named in ("trials/deep.json", "deep.yml", "deep.json", "deepish.json"):
        assert Path(named).name in errors


HOSTILE: list[Any] = [
    None, 7, "text", [], {}, [[]],
    {"protocol_no": 7.5, "match": 3}, {"protocol_no": "H", "match": {"and": 1}},
    {"protocol_no": "H", "match": [clinical(age_numerical=">=999999999999")]},
    {"protocol_no": "H", "match": [clinical(age_numerical=">=" + "9" * 10_000)]},
    {"protocol_no": "H", "match": [genomic(hugo_symbol="G" * 100_000)]},
    {"protocol_no": "H", "match": [genomic(hugo_symbol=["EGFR"], exon=-1)]},
    {"protocol_no": "H", "match": [clinical(lab="x" * 100_000 + ">=1")]},
    {"protocol_no": "H", "match": [clinical(washout=7)]},
    {"protocol_no": "H" * 100_000, "treatment_list": {"step": {"arm": [{}]}}},
    {"protocol_no": "H", "treatment_list": [{"step": 1}], "_summary": [], "prior_treatment_requirements": {}},
]  # fmt: skip


def test_ten_thousand_malformed_documents(folders: tuple[Path, Path]) -> None:
    (folders[0] / "many.json").write_text(json.dumps([{"match": number} for number in range(10_000)]))
    (folders[0] / "hostile.json").write_text(json.dumps(HOSTILE))
    (folders[1] / "many.json").write_text(json.dumps([{"MRN": {"x": n}, "GENDER": n} for n in range(10_000)]))
    code, lines, errors = _screen(folders)
    assert code == 1
    assert errors.count("left out: many.json: $[") == 20_000
    assert errors.count("hostile.json: $[") >= 12
    assert {"T-1", "H"} <= {line["trial"] for line in lines}


@pytest.mark.parametrize(
    "fields",
    [
        {"BIRTH_DATE_INT": 10101}, {"BIRTH_DATE_INT": 29991231}, {"BIRTH_DATE_INT": -5},
        {"BIRTH_DATE": {"$date": 1e300}}, {"GENDER": 7}, {"GENDER": "x" * 100_000},
        {"VITAL_STATUS": ["alive"]}, {"MRN": None}, {"REPORT_DATE": "soon"},
        {"ONCOTREE_PRIMARY_DIAGNOSIS_NAME": "(.*)"}, {"TUMOR_MUTATIONAL_BURDEN_PER_MEGABASE": "many"},
    ],
)  # fmt: skip
def test_impossible_values_of_a_patient_do_not_crash(
    folders: tuple[Path, Path], fields: dict[str, Any]
) -> None:
    (folders[0] / "age.json").write_text(
        json.dumps({"protocol_no": "T-2", "match": [clinical(age_numerical=">=18", tmb_numerical=">=1")]})
    )
    (folders[1] / "clinical.json").write_text(json.dumps([{**CLINICAL, **fields}]))
    code, lines, _ = _screen(folders)
    assert code in (0, 1)
    assert {line["trial"] for line in lines} == {"T-1", "T-2"}
    assert [line["verdict"] for line in lines if line["trial"] == "T-2"] == ["uncertain"]

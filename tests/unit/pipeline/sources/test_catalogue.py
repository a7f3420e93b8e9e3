from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter

import pytest

from tests.unit.pipeline.sources.readings import written
from tumorboard.pipeline.sources.catalogue import SOURCES, files_under, recognise, why_not
from tumorboard.pipeline.sources.reading import Rejected, SourceRow, SubjectLink, Unreadable

CONTENTS = {
    "vcf": "##fileformat=VCFv4.2\n",
    "maf": "Hugo_Symbol\tTumor_Sample_Barcode\tVariant_Classification\n",
    "fhir": '{"resourceType": "Bundle", "entry": []}',
    "registry": '{"protocolSection": {}}',
    "ctml": "protocol_no: 1\ntreatment_list:\n  step: []\n",
    "notes": "Record: 1\nDate: 2025-01-01\n\ntext",
    "wearables": '[{"header": {"schema_id": {}}, "body": {}}]',
    "plink": b"\x6c\x1b\x01\x00",
    "bgen": b"\x14\0\0\0\x14\0\0\0\0\0\0\0\0\0\0\0bgen\x09\0\0\0",
    "dicom": bytes(128) + b"DICM" + bytes(10),
}


def test_every_source_has_its_own_name_and_a_version():
    assert {source.name for source in SOURCES} == set(CONTENTS)
    assert all(source.version for source in SOURCES)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_is_known_by_its_content_whatever_it_is_called(tmp_path, name):
    content = CONTENTS[name] if isinstance(CONTENTS[name], bytes) else CONTENTS[name].encode()
    for path in (written(tmp_path, "file.dat", content), written(tmp_path, "packed", gzip.compress(content))):
        assert recognise(path).name == name
        assert why_not(path) == ""


def test_a_fhir_bundle_whose_type_comes_late(tmp_path):
    late = {"entry": [{"resource": {"resourceType": "Patient"}}] * 3000, "resourceType": "Bundle"}
    assert recognise(written(tmp_path, "a.json", json.dumps(late))).name == "fhir"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".DS_Store", "hidden"),
        ("README.md", "description"),
        ("LICENSE", "licence"),
        ("a.vcf.gz.tbi", "index"),
        ("meta_mutations_extended.txt", "describes a data file"),
        ("CHECKSUMS.sha256", "checksums"),
        ("a.fam", "together with its .bed"),
        ("notes.docx", "no reader knows"),
    ],
)
def test_what_is_not_data_is_said(tmp_path, name, reason):
    path = written(tmp_path, name, "x\n")
    assert recognise(path) is None
    assert reason in why_not(path)


def test_the_truth_of_the_synthetic_cohort_is_never_read(tmp_path):
    truth = {"tumorboard_synthetic_truth": 1, "resourceType": "Bundle", "entry": []}
    path = written(tmp_path, "truth.json", json.dumps(truth))
    assert recognise(path) is None
    assert "truth" in why_not(path)


@pytest.mark.parametrize("content", [b"", gzip.compress(b"x" * 100_000)[:30]])
def test_an_empty_or_cut_file_is_refused_not_overlooked(tmp_path, content):
    path = written(tmp_path, "a.json.gz", content)
    with pytest.raises(Unreadable):
        recognise(path)
    assert why_not(path)


def test_folders_and_links_are_not_data(tmp_path):
    written(tmp_path, "a.vcf", CONTENTS["vcf"])
    (tmp_path / "link.vcf").symlink_to(tmp_path / "a.vcf")
    (tmp_path / "folder").mkdir()
    for name in ("link.vcf", "folder", "absent"):
        assert recognise(tmp_path / name) is None
        assert why_not(tmp_path / name)


def test_folders_are_walked_in_order_and_links_never_followed(tmp_path):
    (tmp_path / "b").mkdir()
    written(tmp_path / "b", "2.vcf", "x")
    written(tmp_path, "1.vcf", "x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "z.vcf").symlink_to("/etc/hostname")
    assert [path.name for path in files_under(tmp_path)] == ["1.vcf", "2.vcf"]


def test_importing_the_package_imports_no_reader():
    code = "import sys, tumorboard.pipeline.sources; print('numpy' in sys.modules, 'pydicom' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


EXPECTED = {
    "fhir": 48,
    "maf": 31,
    "vcf": 5,
    "bgen": 2,
    "plink": 5,
    "dicom": 17,
    "notes": 2,
    "wearables": 18,
    "registry": 25,
    "ctml": 4,
}
FOLDERS = ("fhir", "genomics", "imaging", "notes", "trials", "wearables", "knowledge", "survival")


def test_the_public_data_is_recognised_as_counted(shared_data):
    found = Counter()
    for folder in FOLDERS:
        for path in files_under(shared_data / folder):
            source = recognise(path)
            found[source.name if source else "no data"] += 1
            assert source or why_not(path)
    assert {name: found[name] for name in EXPECTED} == EXPECTED


def test_every_row_of_the_public_data_has_a_place_of_its_own_and_fits_json(shared_data):
    seen_rows = 0
    for folder in ("genomics", "imaging", "notes", "trials", "wearables", "fhir"):
        for path in files_under(shared_data / folder):
            source = recognise(path)
            if source is None or "glow_bgen" in str(path):
                continue
            places = Counter()
            try:
                for reading in source.read(path):
                    if isinstance(reading, SourceRow):
                        places[reading.locator] += 1
                        json.dumps(reading.payload, allow_nan=False)
                    elif isinstance(reading, (Rejected, SubjectLink)):
                        assert reading.locator
            except Unreadable as error:
                assert "glow_plink_5x5" in str(path), error
            assert max(places.values(), default=1) == 1, (path, places.most_common(1))
            seen_rows += places.total()
    assert seen_rows > 30_000

from __future__ import annotations

import gzip

import pytest

from tests.unit.pipeline.sources.readings import kinds, notices, rejected, rows, written
from tumorboard.pipeline.sources.reading import Subject, Unreadable
from tumorboard.pipeline.sources.vcf import Vcf
from tumorboard.pipeline.sources.vcf_header import builds_in

META = """##fileformat=VCFv4.3
##fileDate=20250302
##source=caller 2.1
##reference=GRCh38
##panel=<ID=TB-SOLID-120,Genes="EGFR,KRAS, \\"TP53\\"">
##TMB=11.2
##contig=<ID=chr7,length=159345973>
"""
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
RECORD = "chr7\t55191822\trs1\tT\tG\t50\tPASS\tGENE=EGFR;HGVSP=p.Leu858Arg;DB"


@pytest.fixture
def vcf(tmp_path):
    def write(*records, meta=META, samples=("SP-1",)):
        columns = "\t".join([COLUMNS, *(["FORMAT", *samples] if samples else [])])
        return written(tmp_path, "a.vcf", meta + "\n".join([columns, *records]) + "\n")

    return write


def with_sample(*values, record=RECORD, keys="GT:AD:DP"):
    return "\t".join([record, keys, *values])


def test_a_record_is_kept_as_received(vcf):
    [row] = rows(Vcf(), vcf(with_sample("0/1:60,40:100")), "variant")
    assert row.locator == "line 9"
    assert row.subject == Subject("specimen", "SP-1")
    assert row.payload == {
        "chrom": "chr7",
        "pos": 55191822,
        "id": "rs1",
        "ref": "T",
        "alt": "G",
        "qual": "50",
        "filter": "PASS",
        "info": {"GENE": "EGFR", "HGVSP": "p.Leu858Arg", "DB": True},
        "sample": "SP-1",
        "format": {"GT": "0/1", "AD": "60,40", "DP": "100"},
    }


def test_the_header_row_says_what_was_tested(vcf):
    [row] = rows(Vcf(), vcf(), "header")
    assert (row.locator, row.subject) == ("line 8", Subject("specimen", "SP-1"))
    assert row.payload["panel"] == {"ID": "TB-SOLID-120", "Genes": 'EGFR,KRAS, "TP53"'}
    assert row.payload["meta"]["TMB"] == ["11.2"]
    assert (row.payload["source"], row.payload["fileDate"]) == ("caller 2.1", "20250302")
    assert (row.payload["genome_build"], row.payload["contigs"]) == ("GRCh38", ["chr7"])


def test_several_alternate_alleles_stay_one_row(vcf):
    record = with_sample("1/2:5,20,30:55", record=RECORD.replace("\tG\t", "\tG,C\t"))
    [row] = rows(Vcf(), vcf(record), "variant")
    assert (row.payload["alt"], row.payload["format"]["AD"]) == ("G,C", "5,20,30")


@pytest.mark.parametrize(
    "alternate", ["<DUP>", "<DUP:TANDEM>", "]chr2:29415640]T", "T[chr2:1[", "*", ".", "G."]
)
def test_structural_and_symbolic_alleles_are_taken(vcf, alternate):
    assert rejected(Vcf(), vcf(with_sample("0/1", record=RECORD.replace("\tG\t", f"\t{alternate}\t")))) == []


def test_trailing_sample_values_may_be_dropped(vcf):
    [row] = rows(Vcf(), vcf(with_sample("0/1")), "variant")
    assert row.payload["format"] == {"GT": "0/1"}


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (with_sample("0/1", record=RECORD.replace("55191822", "5519x")), "POS"),
        (with_sample("0/1", record=RECORD.replace("55191822", "-1")), "POS"),
        (with_sample("0/1", record=RECORD.replace("55191822", "9" * 5000)), "POS"),
        (with_sample("0/1", record=RECORD.replace("\tT\t", "\tQ\t")), "REF"),
        (with_sample("0/1", record=RECORD.replace("\tT\t", "\t\t")), "REF"),
        (with_sample("0/1", record=RECORD.replace("\tG\t", "\tG;C\t")), "ALT"),
        (with_sample("0/1", record=RECORD.replace("\t50\t", "\thigh\t")), "QUAL"),
        (with_sample("0/1", record=RECORD.replace("chr7", "")), "CHROM"),
        (with_sample("0/1:1,2:3:4"), "FORMAT"),
        (RECORD, ""),
        ("cut off", ""),
        (with_sample("0/1", "0/0"), ""),
    ],
)
def test_a_bad_record_is_refused_by_line_and_the_next_is_read(vcf, record, field):
    path = vcf(record, with_sample("0/1"))
    [refused] = rejected(Vcf(), path)
    assert (refused.locator, refused.field) == ("line 9", field)
    assert [row.locator for row in rows(Vcf(), path, "variant")] == ["line 10"]


def test_a_healthy_control_stands_beside_the_tumour(vcf):
    meta = META + "##normal_sample=SP-2\n"
    [row] = rows(
        Vcf(), vcf(with_sample("0/1", "0/0", keys="GT"), meta=meta, samples=("SP-1", "SP-2")), "variant"
    )
    assert row.subject == Subject("specimen", "SP-1")
    assert row.payload["normal"] == {"SP-2": {"GT": "0/0"}}


def test_several_tumours_give_a_row_each_and_none_carries_the_others(vcf):
    path = vcf(with_sample("0/1", "0/0", keys="GT"), samples=("SP-1", "SP-2"))
    found = rows(Vcf(), path)
    assert [(row.locator, row.kind, row.subject.value) for row in found] == [
        ("line 8, column 10", "header", "SP-1"),
        ("line 8, column 11", "header", "SP-2"),
        ("line 9, column 10", "variant", "SP-1"),
        ("line 9, column 11", "variant", "SP-2"),
    ]
    assert all("SP-2" not in str(row.payload) for row in found if row.subject.value == "SP-1")


def test_a_column_called_only_tumor_is_explained_by_the_header_or_belongs_to_nobody(vcf):
    record = with_sample("0/0", "0/1", keys="GT")
    named = vcf(record, meta=META + "##tumor_sample=SP-9\n", samples=("NORMAL", "TUMOR"))
    assert rows(Vcf(), named, "variant")[0].subject == Subject("specimen", "SP-9")
    unnamed = vcf(record, samples=("NORMAL", "TUMOR"))
    assert rows(Vcf(), unnamed, "variant")[0].subject is None
    assert "name it by the specimen number" in notices(Vcf(), unnamed)[0].message


def test_a_file_without_samples_belongs_to_nobody_and_says_so(vcf):
    path = vcf(RECORD, samples=())
    assert [(row.kind, row.subject) for row in rows(Vcf(), path)] == [("header", None), ("variant", None)]
    assert (
        "belongs to nobody" in notices(Vcf(), path)[0].message
        or "belong to nobody" in notices(Vcf(), path)[0].message
    )


@pytest.mark.parametrize(
    ("lines", "build"),
    [
        ("##reference=file:///ref/hg19.fa", "GRCh37"),
        ("##reference=GRCh38", "GRCh38"),
        ("##contig=<ID=1,length=249250621>", "GRCh37"),
        ("##contig=<ID=chr1,length=248956422>", "GRCh38"),
        ("##contig=<ID=2,assembly=b37>", "GRCh37"),
        ("##liftOverChainFile=/x/hg19Tohg38.over.chain.gz", "GRCh38"),
        ("##liftOverFile=/x/hg38ToHg19.over.chain.gz", "GRCh37"),
        ("##source=caller", ""),
        ("##reference=GRCh38\n##contig=<ID=1,length=249250621>", ""),
    ],
)
def test_the_genome_build_is_read_from_the_header(vcf, lines, build):
    path = vcf(meta=f"##fileformat=VCFv4.2\n{lines}\n")
    assert rows(Vcf(), path, "header")[0].payload["genome_build"] == build
    assert bool(notices(Vcf(), path)) == (build == "")


@pytest.mark.parametrize(
    ("text", "builds"), [("GRCh37", {"GRCh37"}), ("hg38.fa", {"GRCh38"}), ("mm10", set())]
)
def test_build_names(text, builds):
    assert builds_in(text) == builds


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (META, "ends before its #CHROM line"),
        (META + "chr7\t1\n", "line 8: .*header damaged"),
        ("##fileformat=VCFv3.3\n" + COLUMNS, "version 4"),
        (META + COLUMNS.replace("INFO", "NOTES"), "fixed column"),
        (META + COLUMNS + "\tFORMAT\ta\ta", "same name"),
        (META + COLUMNS + "\ta\tb", "ninth column"),
        (b"BCF\x02\x02rest", "convert it to VCF"),
    ],
)
def test_a_damaged_header_refuses_the_file(tmp_path, content, message):
    with pytest.raises(Unreadable, match=message):
        rows(Vcf(), written(tmp_path, "bad.vcf", content))


def test_messages_hold_no_value_of_the_patient(vcf):
    path = vcf(
        with_sample("0/1", "1", record=RECORD.replace("55191822", "SECRET")), samples=("SECRET-1", "TUMOR")
    )
    assert "SECRET" not in str(rejected(Vcf(), path) + notices(Vcf(), path))


@pytest.mark.parametrize("build", ["37", "38"])
def test_both_builds_of_the_public_breast_tumour(shared_data, build):
    path = shared_data / f"genomics/pcgr_t001_brca/T001-BRCA.grch{build}.vcf.gz"
    assert kinds(Vcf(), path) == {"header": 1, "variant": 196}
    assert rows(Vcf(), path, "header")[0].payload["genome_build"] == f"GRCh{build}"


def test_a_truncated_copy_of_it_is_refused(shared_data, tmp_path):
    content = (shared_data / "genomics/pcgr_t001_brca/T001-BRCA.grch38.vcf.gz").read_bytes()
    with pytest.raises(Unreadable, match="cut short"):
        rows(Vcf(), written(tmp_path, "cut.vcf.gz", content[:-28]))
    plain = gzip.compress(gzip.decompress(content))
    with pytest.raises(Unreadable, match="cut short"):
        rows(Vcf(), written(tmp_path, "cut2.vcf.gz", plain[:-100]))

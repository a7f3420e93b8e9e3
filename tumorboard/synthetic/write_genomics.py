"""Somatic variants on GRCh38: VCF 4.3 (site A, one file per sample) and MAF (site B, one file for all)."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tumorboard.synthetic.dice import words
from tumorboard.synthetic.record import Finding, GenomicTest, Record
from tumorboard.synthetic.variants import PANEL_NAME, PANEL_SIZE_MB, Alteration, short_protein

CHROMOSOMES = {  # lengths of GRCh38.p14
    "chr1": 248956422, "chr2": 242193529, "chr3": 198295559, "chr4": 190214555, "chr5": 181538259,
    "chr6": 170805979, "chr7": 159345973, "chr8": 145138636, "chr9": 138394717, "chr10": 133797422,
    "chr11": 135086622, "chr12": 133275309, "chr13": 114364328, "chr14": 107043718, "chr15": 101991189,
    "chr16": 90338345, "chr17": 83257441, "chr18": 80373285, "chr19": 58617616, "chr20": 64444167,
    "chr21": 46709983, "chr22": 50818468, "chrX": 156040895, "chrY": 57227415,
}  # fmt: skip

INFO = (
    ("GENE", "1", "String", "HGNC symbol"),
    ("HGVSC", "1", "String", "Coding change on TRANSCRIPT"),
    ("HGVSP", "1", "String", "Protein change, three-letter, percent-encoded where VCF reserves a character"),
    ("CONSEQ", "1", "String", "Sequence Ontology term"),
    ("EXON", "1", "Integer", "Exon of TRANSCRIPT"),
    ("TRANSCRIPT", "1", "String", "MANE Select transcript"),
    ("CLASS", "1", "String", "Origin of the variant: somatic, germline or unknown"),
    ("SVTYPE", "1", "String", "Type of structural variant"),
    ("END", "1", "Integer", "End of the segment"),
    ("CN", "1", "Integer", "Total copy number of the segment"),
    ("PARTNER", "1", "String", "Partner gene of a fusion"),
    ("MATEID", "1", "String", "ID of the mate breakend"),
)
FORMATS = (
    ("GT", "1", "String", "Genotype"),
    ("AD", "R", "Integer", "Reads per allele"),
    ("DP", "1", "Integer", "Depth"),
    ("AF", "A", "Float", "Variant allele fraction"),
)
FILTERS = {
    "common_snp": "Population frequency above 1 %",
    "low_depth": "Fewer than 50 reads",
    "strand_bias": "Strand bias",
}


def vcf_of(record: Record, test: GenomicTest) -> str:
    """The VCF text of one panel test; its sample column is the specimen's accession number."""
    rng = record.dice.on(f"vcf-{test.specimen.accession}")
    rows = [row for found in test.findings for row in _vcf_rows(found)]
    rows += [_noise(rng) for _ in range(rng.randrange(2, 5))]
    order = {chrom: number for number, chrom in enumerate(CHROMOSOMES)}
    rows.sort(key=lambda row: (order[row[0]], int(row[1]), row[2], row[4]))
    columns = [
        "#CHROM",
        "POS",
        "ID",
        "REF",
        "ALT",
        "QUAL",
        "FILTER",
        "INFO",
        "FORMAT",
        test.specimen.accession,
    ]
    return "\n".join([*_header(record, test), "\t".join(columns), *("\t".join(row) for row in rows)]) + "\n"


def _header(record: Record, test: GenomicTest) -> list[str]:
    disease = record.disease
    lines = [
        "##fileformat=VCFv4.3",
        f"##fileDate={record.course.on(test.reported):%Y%m%d}",
        "##source=tumorboard-synthetic-panel",
        "##reference=GRCh38",
        "##note=SYNTHETIC test data; the person does not exist",
        *(f"##contig=<ID={chrom},length={length},assembly=GRCh38>" for chrom, length in CHROMOSOMES.items()),
        f'##panel=<ID={PANEL_NAME},Genes="{",".join(test.genes)}",SizeMb={PANEL_SIZE_MB},'
        'Profiles="mutation,cnv,sv">',
        f"##TMB={disease.tmb}",
        f"##MSI={'MSI-H' if disease.biomarkers['MSI'] == 'high' else 'MSS'}",
        f"##TUMOR_PURITY={test.specimen.purity}",
        '##ALT=<ID=DEL,Description="Copy number loss">',
        '##ALT=<ID=DUP,Description="Copy number gain">',
    ]
    lines += [f'##FILTER=<ID={name},Description="{words}">' for name, words in FILTERS.items()]
    lines += [f'##INFO=<ID={i},Number={n},Type={t},Description="{d}">' for i, n, t, d in INFO]
    return lines + [f'##FORMAT=<ID={i},Number={n},Type={t},Description="{d}">' for i, n, t, d in FORMATS]


def _vcf_rows(found: Finding) -> list[list[str]]:
    kind = found.alteration.kind
    if kind == "cnv":
        return [_copy_row(found)]
    return _breakends(found) if kind == "sv" else [_small_row(found)]


def _sample(found: Finding) -> list[str]:
    reads = found.alt_reads
    return ["GT:AD:DP:AF", f"0/1:{found.depth - reads},{reads}:{found.depth}:{found.vaf}"]


def _info(pairs: Iterable[tuple[str, object]]) -> str:
    return ";".join(f"{name}={value}" for name, value in pairs if value not in ("", None))


def _annotation(a: Alteration) -> list[tuple[str, object]]:
    return [
        ("GENE", a.gene),
        ("HGVSC", a.hgvs_c),
        ("HGVSP", a.hgvs_p),
        ("CONSEQ", a.consequence),
        ("EXON", a.exon),
        ("TRANSCRIPT", a.transcript),
        ("CLASS", a.origin),
    ]


def _small_row(found: Finding) -> list[str]:
    a = found.alteration
    return [
        a.chrom,
        str(a.pos),
        a.rsid,
        a.ref,
        a.alt,
        "200",
        a.filter,
        _info(_annotation(a)),
        *_sample(found),
    ]


def _copy_row(found: Finding) -> list[str]:
    a = found.alteration
    kind = "DUP" if (a.copies or 0) > 2 else "DEL"
    info = _info([("SVTYPE", kind), ("END", a.end), ("CN", a.copies), ("GENE", a.gene), ("CLASS", a.origin)])
    return [a.chrom, str(a.pos), f"cnv_{a.gene}", "N", f"<{kind}>", ".", "PASS", info, "GT", "0/1"]


def _breakends(found: Finding) -> list[list[str]]:
    """The two mates of a fusion (VCF 4.3, section 5.4)."""
    a = found.alteration
    ids = (f"bnd_{a.gene}", f"bnd_{a.partner}")
    ends = (
        (a.chrom, a.pos, f"N[{a.partner_chrom}:{a.partner_pos}[", a.gene, a.partner),
        (a.partner_chrom, a.partner_pos, f"]{a.chrom}:{a.pos}]N", a.partner, a.gene),
    )
    rows = []
    for number, (chrom, pos, alt, gene, partner) in enumerate(ends):
        mate = ids[1 - number]
        shared = [("CONSEQ", a.consequence), ("CLASS", a.origin)]
        info = _info([("SVTYPE", "BND"), ("MATEID", mate), ("GENE", gene), ("PARTNER", partner), *shared])
        rows.append([chrom, str(pos), ids[number], "N", alt, "120", "PASS", info, *_sample(found)])
    return rows


def _noise(rng: random.Random) -> list[str]:
    """A call the pipeline itself rejected; a reader must not count it."""
    chrom = rng.choice(["chr1", "chr3", "chr6", "chr11", "chr16", "chr19"])
    ref, alt = rng.sample("ACGT", 2)
    depth = rng.randrange(14, 49)
    reads = rng.randrange(2, 5)
    filters = rng.choice(["low_depth", "strand_bias", "low_depth;strand_bias"])
    sample = f"0/1:{depth - reads},{reads}:{depth}:{round(reads / depth, 3)}"
    info = "CONSEQ=intron_variant;CLASS=unknown"
    return [
        chrom,
        str(rng.randrange(20_000_000, 55_000_000)),
        ".",
        ref,
        alt,
        "12",
        filters,
        info,
        "GT:AD:DP:AF",
        sample,
    ]


MAF_COLUMNS = words(
    "Hugo_Symbol Entrez_Gene_Id Center NCBI_Build Chromosome Start_Position End_Position Strand "
    "Variant_Classification Variant_Type Reference_Allele Tumor_Seq_Allele1 Tumor_Seq_Allele2 dbSNP_RS "
    "Tumor_Sample_Barcode Matched_Norm_Sample_Barcode Mutation_Status HGVSc HGVSp HGVSp_Short "
    "Transcript_ID Exon_Number t_depth t_ref_count t_alt_count n_ref_count n_alt_count"
)
ENTREZ = {
    "EGFR": 1956, "KRAS": 3845, "BRAF": 673, "NRAS": 4893, "PIK3CA": 5290, "TP53": 7157, "APC": 324,
    "SMAD4": 4089, "FBXW7": 55294, "GNAS": 2778, "STK11": 6794, "KEAP1": 9817, "PTEN": 5728, "ESR1": 2099,
    "AR": 367, "ERBB2": 2064, "AKT1": 207, "CTNNB1": 1499, "CDKN2A": 1029, "KIT": 3815, "ATM": 472,
    "BRCA2": 675, "RB1": 5925, "RAC1": 5879,
}  # fmt: skip
CLASSIFICATION = {
    "missense_variant": "Missense_Mutation",
    "stop_gained": "Nonsense_Mutation",
    "frameshift_variant": "Frame_Shift_Del",
    "inframe_deletion": "In_Frame_Del",
    "synonymous_variant": "Silent",
    "upstream_gene_variant": "5'Flank",
}


def maf_of(records: Iterable[Record]) -> str:
    """One MAF for all samples of the regional laboratory (GDC MAF column names); a sample without a finding
    has no row.
    """
    lines = ["#version 2.4", "#SYNTHETIC test data; the persons do not exist", "\t".join(MAF_COLUMNS)]
    for record in records:
        for test in record.tests:
            if test.route == "maf":
                lines += ["\t".join(_maf_row(test, found)) for found in test.findings]
    return "\n".join(lines) + "\n"


def _maf_row(test: GenomicTest, found: Finding) -> list[str]:
    a = found.alteration
    start, end, ref, alt, kind = _maf_alleles(a)
    exon = "" if a.exon is None else a.exon
    rsid = "" if a.rsid == "." else a.rsid
    protein = a.hgvs_p.replace("%3D", "=")
    cells = [
        a.gene, ENTREZ.get(a.gene, 0), "Regional Laboratory B", "GRCh38", a.chrom, start, end, "+",
        CLASSIFICATION[a.consequence], kind, ref, ref, alt, rsid, test.specimen.accession, "",
        a.origin.capitalize(), a.hgvs_c, protein, short_protein(protein), a.transcript, exon,
        found.depth, found.depth - found.alt_reads, found.alt_reads, "", "",
    ]  # fmt: skip
    return [str(cell) for cell in cells]


def _maf_alleles(a: Alteration) -> tuple[int, int, str, str, str]:
    """VCF alleles as a MAF writes them: no anchor base, "-" for nothing."""
    if len(a.ref) == len(a.alt):
        return a.pos, a.pos + len(a.ref) - 1, a.ref, a.alt, "SNP" if len(a.ref) == 1 else "DNP"
    deleted = a.ref[1:]
    return a.pos + 1, a.pos + len(deleted), deleted, "-", "DEL"

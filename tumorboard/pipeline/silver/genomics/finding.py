"""One genomic finding in the vocabulary of `silver.variants`, and the spellings that lead to it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

from tumorboard.codes import consequences
from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.hgvs import ProteinChange

PASSED = ("", ".", "PASS")

# Words of ANNOVAR (annovar.openbioinformatics.org, "exonic variant function") that no MAF list has.
ANNOVAR = {
    "nonsynonymous_snv": "missense_variant",
    "synonymous_snv": "synonymous_variant",
    "stopgain_snv": "stop_gained",
    "stopgain": "stop_gained",
    "stoploss_snv": "stop_lost",
    "stoploss": "stop_lost",
    "startloss": "start_lost",
    "frameshift_deletion": "frame_shift_del",
    "frameshift_insertion": "frame_shift_ins",
    "frameshift_substitution": "frameshift",
    "nonframeshift_deletion": "inframe_deletion",
    "nonframeshift_insertion": "inframe_insertion",
    "nonframeshift_substitution": "delins",
    "splicing": "splice_site",
    "exonic;splicing": "splice_site",
    "upstream": "upstream_gene_variant",
    "downstream": "downstream_gene_variant",
    "intronic": "intron_variant",
    "intergenic": "intergenic_variant",
    "utr3": "3_prime_UTR_variant",
    "utr5": "5_prime_UTR_variant",
}
_CHROMOSOMES = {"23": "X", "24": "Y", "M": "MT", "MITO": "MT"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, as far as the source says it. `remark` says in words what is missing or odd."""

    kind: str
    gene: str | None = None
    hgvs_c: str | None = None
    hgvs_p: str | None = None
    consequence: str | None = None
    exon: int | None = None
    transcript: str | None = None
    chromosome: str | None = None
    position: int | None = None
    ref: str | None = None
    alt: str | None = None
    vaf: float | None = None
    depth: int | None = None
    copy_number: float | None = None
    partner_gene: str | None = None
    genome_build: str | None = None
    origin_class: str = "unknown"
    filter: str = ""
    remark: str = ""
    event: str = ""
    source_path: str = "$"

    def values(self) -> dict[str, Any]:
        """The columns of `silver.variants` it fills."""
        found = asdict(self)
        return {name: found[name] for name in found if name not in ("event", "source_path")}

    def name(self) -> tuple[object, ...]:
        """What makes it the same finding in a corrected file: the event, else the place and the change."""
        if self.event:
            return (self.kind, self.event)
        place = (self.genome_build, self.chromosome, self.position, self.ref, self.alt)
        return (self.kind, *place, self.gene, self.partner_gene, self.hgvs_p or self.hgvs_c)


def gene_symbol(text: object) -> str | None:
    """The approved spelling; None where the text is no symbol (the row as received keeps it)."""
    try:
        return str(GeneSymbol.parse(text)) if text not in (None, "", ".") else None
    except ValueError:
        return None


def gene_pair(text: str) -> list[str]:
    """The genes of a fusion: `EML4::ALK` (HGNC), `EML4,ALK`, `EML4&ALK`, `EML4--ALK`, `EML4-ALK`."""
    parts = [part.strip() for part in re.split(r"::|--|[,&/|]", text) if part.strip()]
    if len(parts) == 1 and re.fullmatch(r"\w{2,}-\w{2,}", parts[0]):
        parts = parts[0].split("-")
    return list(dict.fromkeys(parts))[:2]


def protein(text: object) -> tuple[str | None, str]:
    """A protein change in one-letter form, and a remark if it had to stay as written."""
    written = unquote(str(text or "")).strip()
    if written in ("", ".", "NA", "p.?", "-"):
        return None, ""
    try:
        return ProteinChange.parse(written).text, ""
    except ValueError:
        return written.rpartition(":")[2][:200], "protein change kept as written"


def coding(text: object) -> str | None:
    """A coding change without its transcript, `c.2573T>G`."""
    written = unquote(str(text or "")).strip().rpartition(":")[2]
    return written if written.startswith(("c.", "n.", "g.", "m.")) else None


def consequence(text: object) -> str | None:
    """Sequence Ontology terms joined by `&`, from VEP, SnpEff, MAF or ANNOVAR words."""
    written = str(text or "").strip()
    if written in ("", ".", "NA"):
        return None
    word = ANNOVAR.get(written.lower().replace(" ", "_"), written)
    return "&".join(sorted(consequences.terms(word))) or None


def chromosome(text: object) -> str | None:
    """1 to 22, X, Y, MT, without `chr`."""
    bare = re.sub(r"^chr", "", str(text or "").strip(), flags=re.IGNORECASE)
    return _CHROMOSOMES.get(bare.upper(), bare) or None


def whole(text: object) -> int | None:
    """The first whole number in a text such as `21` or `21/28`."""
    found = re.match(r"\s*(\d{1,12})", str(text if text is not None else ""))
    return int(found[1]) if found else None


def number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if abs(value) < 1e12 else None


def fraction(alt: float | None, ref: float | None) -> float | None:
    """Variant allele fraction from read counts; none where nothing was read."""
    if alt is None or ref is None or alt < 0 or ref < 0 or alt + ref == 0:
        return None
    return alt / (alt + ref)


def small_kind(ref: str, alt: str) -> str:
    return "snv" if len(ref) == len(alt) and "-" not in (ref, alt) else "indel"


def remarks(*parts: str) -> str:
    return "; ".join(part for part in parts if part)

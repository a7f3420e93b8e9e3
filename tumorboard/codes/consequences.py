"""What a variant does to its gene: Sequence Ontology terms, and the MAF and CTML words for them.

Terms: sequenceontology.org, as used by VEP and SnpEff. MAF words: GDC MAF format. CTML words:
the `variant_classification` values of the two published CTML schemas.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Word, folded (lower case, one underscore between words) -> the Sequence Ontology terms it stands for.
_INDEL_TERMS = {
    "in_frame_del": {"inframe_deletion"},
    "in_frame_ins": {"inframe_insertion"},
    "inframe_indel": {"inframe_deletion", "inframe_insertion", "delins"},
    "del_ins": {"delins"},
    "frameshift": {"frameshift_variant"},
    "frameshift_mutation": {"frameshift_variant"},
    "frame_shift_del": {"frameshift_deletion"},
    "frame_shift_ins": {"frameshift_insertion"},
}
_CODING_TERMS = {
    "missense_mutation": {"missense_variant"},
    "missense": {"missense_variant"},
    "nonsense_mutation": {"stop_gained"},
    "nonstop_mutation": {"stop_lost"},
    "initiator_codon": {"start_lost"},
    "translation_start_site": {"start_lost"},
    "silent": {"synonymous_variant"},
    "synonymous": {"synonymous_variant"},
    "stop_retained": {"stop_retained_variant"},
    "coding_sequence": {"coding_sequence_variant"},
    "protein_altering": {"protein_altering_variant"},
    "missense_and_splice_region": {"missense_variant", "splice_region_variant"},
}
_OTHER_TERMS = {
    "splice_acceptor": {"splice_acceptor_variant"},
    "splice_donor": {"splice_donor_variant"},
    "splice_region": {"splice_region_variant"},
    "splice_site": {"splice_acceptor_variant", "splice_donor_variant"},
    "splice_site_mutation": {"splice_acceptor_variant", "splice_donor_variant"},
    "splice_lost": {"splice_acceptor_variant", "splice_donor_variant"},
    "intron": {"intron_variant"},
    "intron_mutation": {"intron_variant"},
    "rna": {"non_coding_transcript_exon_variant"},
    "3'utr": {"3_prime_UTR_variant"},
    "3_prime_utr": {"3_prime_UTR_variant"},
    "5'utr": {"5_prime_UTR_variant"},
    "5'utr_mutation": {"5_prime_UTR_variant"},
    "5_prime_utr": {"5_prime_UTR_variant"},
    "5'flank": {"upstream_gene_variant"},
    "3'flank": {"downstream_gene_variant"},
    "igr": {"intergenic_variant"},
    "intergenic_variant": {"intergenic_variant"},
}
_SAME_AS = {
    "conservative_inframe_deletion": "inframe_deletion",
    "disruptive_inframe_deletion": "inframe_deletion",
    "conservative_inframe_insertion": "inframe_insertion",
    "disruptive_inframe_insertion": "inframe_insertion",
    "indel": "delins",
    "initiator_codon_variant": "start_lost",
    "splice_donor_5th_base_variant": "splice_region_variant",
    "splice_donor_region_variant": "splice_region_variant",
    "splice_polypyrimidine_tract_variant": "splice_region_variant",
    "3_prime_utr_variant": "3_prime_UTR_variant",
    "5_prime_utr_variant": "5_prime_UTR_variant",
}
WORDS: dict[str, frozenset[str]] = {
    word: frozenset(terms) for word, terms in (_INDEL_TERMS | _CODING_TERMS | _OTHER_TERMS).items()
}

#: Terms that leave the protein as it is; a variant with these alone is not "a mutation" to a clinician.
SILENT = frozenset({
    "synonymous_variant", "stop_retained_variant", "intron_variant", "3_prime_UTR_variant",
    "5_prime_UTR_variant", "upstream_gene_variant", "downstream_gene_variant", "intergenic_variant",
    "non_coding_transcript_exon_variant",
})  # fmt: skip

#: Terms outside the coding exons: a panel that lists the gene need not have read them.
OUTSIDE_EXONS = SILENT - {"synonymous_variant", "stop_retained_variant"}


@lru_cache(maxsize=4096)
def terms(text: object) -> frozenset[str]:
    """Sequence Ontology terms of one consequence or classification; several may be joined by `&`.

    Unknown words stay as they are, so that nothing is read into them.
    """
    found: set[str] = set()
    for part in re.split(r"[&,;]", str(text or "")):
        folded = re.sub(r"[\s_]+", "_", part.strip().lower())
        if folded:
            found |= WORDS.get(folded, frozenset({_SAME_AS.get(folded, folded)}))
    return frozenset(found)


def is_known(text: object) -> bool:
    """Whether `text` is one of the classification words or a term written as a Sequence Ontology name."""
    known = frozenset().union(*WORDS.values()) | set(_SAME_AS.values())
    return terms(text) <= known and bool(terms(text))

"""Every source the pipeline can read, and which one a file belongs to: by content, not by name alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tumorboard.pipeline.sources.bgen import Bgen
from tumorboard.pipeline.sources.ctml import Ctml
from tumorboard.pipeline.sources.dicom import Dicom
from tumorboard.pipeline.sources.fhir import Fhir
from tumorboard.pipeline.sources.files import head_of, json_outline
from tumorboard.pipeline.sources.maf import Maf
from tumorboard.pipeline.sources.notes import Notes
from tumorboard.pipeline.sources.plink import Plink
from tumorboard.pipeline.sources.reading import Source, Unreadable
from tumorboard.pipeline.sources.registry import Registry
from tumorboard.pipeline.sources.vcf import Vcf
from tumorboard.pipeline.sources.wearables import Wearables

# Formats with a magic number come first, free text last.
SOURCES: tuple[Source, ...] = (
    Dicom(),
    Bgen(),
    Plink(),
    Vcf(),
    Maf(),
    Fhir(),
    Registry(),
    Ctml(),
    Wearables(),
    Notes(),
)

# The synthetic cohort writes what is true about its patients beside what hospitals would send.
TRUTH_FIELD = "tumorboard_synthetic_truth"

_SIDECAR_ENDINGS = {
    ".tbi": "an index of a VCF file",
    ".csi": "an index of a VCF file",
    ".bai": "an index of reads",
    ".bim": "read together with its .bed file",
    ".fam": "read together with its .bed file",
    ".map": "read together with its .ped file",
    ".sha256": "checksums",
    ".md5": "checksums",
}
_NAMES = {
    "readme": "a description, not data",
    "license": "a licence, not data",
    "licence": "a licence, not data",
    "checksums": "checksums",
    "dicomdir": "a table of contents; the images themselves are read",
    "thumbs": "a file of the desktop",
}


def recognise(path: Path) -> Source | None:
    """The source a file belongs to, or None: then `why_not` says why.

    Raises `Unreadable` for a file that is empty or damaged.
    """
    if _set_aside(path):
        return None
    head = head_of(path)
    if _is_truth(head):
        return None
    return next((source for source in SOURCES if source.recognises(path, head)), None)


def why_not(path: Path) -> str:
    """Why no source takes the file, in words for a data steward; empty if one does."""
    if reason := _set_aside(path):
        return reason
    try:
        head = head_of(path)
    except Unreadable as error:
        return error.reason
    if _is_truth(head):
        return "the truth of the synthetic cohort, which no reader may see"
    if recognise(path):
        return ""
    return "no reader knows this format; see the list of formats in the manual"


def files_under(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in a stable order.

    Symbolic links are not followed: they may run in circles or lead out of the folder a sender may fill.
    """
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from files_under(path)
        elif path.is_file():
            yield path


def _set_aside(path: Path) -> str:
    """Why a file is not data, told by its name alone; empty if it may be data."""
    if path.is_symlink():
        return "a symbolic link; send the file itself"
    if path.is_dir():
        return "a folder"
    if not path.is_file():
        return "not a file"
    name = path.name.lower()
    if name.startswith("."):
        return "a hidden file"
    if "meta_" in name and name.endswith(".txt"):
        return "describes a data file of a cBioPortal study"
    return _SIDECAR_ENDINGS.get(path.suffix.lower(), "") or _NAMES.get(name.partition(".")[0], "")


def _is_truth(head: bytes) -> bool:
    return TRUTH_FIELD.encode() in head and TRUTH_FIELD in json_outline(head)[1]

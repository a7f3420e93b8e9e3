"""Words around a claim: those that carry no condition of their own, those that turn or soften it, and the
subjects that only a person can judge."""

from __future__ import annotations

import re
from typing import Literal

Topic = Literal["", "consent", "judgement", "pregnancy", "logistics", "procedure", "text"]

_FILLERS = """
    central
    a an the of to in on at by with for as is are was were be been being it its that which who whom
    whose their his her this these those there will must shall should need needs required require
    requires have has had having patient patients subject subjects participant participants individual
    individuals person persons candidate candidates volunteers people known documented confirmed proven
    verified proof documentation histologically histological histology cytologically cytological
    cytology pathologically pathological pathology histopathologically biopsy-proven diagnosis diagnosed
    evidence presence status level levels count counts value values test tests result results serum
    plasma institutional local laboratory lab labs based according per defined criteria version v using
    formula method calculated estimated measured determined score scale performance group cooperative
    baseline time date day enrollment enrolment registration randomization randomisation screening entry
    study protocol inclusion clinical evaluation currently history both male males female females gender
    either sex race appendix ie i.e id est age aged ages old years year absolute total blood following
    oncology eastern admission
"""
#: Words without a condition of their own. A word that could narrow a criterion must never stand here.
FILLERS = frozenset(_FILLERS.split())

_METHOD = (
    r"echocardiogra\w+|echo|muga|multigated acquisition|multiple[- ]gated"
    r" acquisition|scan|bazett'?s?|fridericia'?s?|qtc[bf]|formula|cockcroft"
    r"|gault"
    r"|24-hour|urine|collection|glomerular|filtration|rate|estimation"
    r"|equation|mdrd|ihc|immunohistochemistry|fish|histology|cytology"
    r"|recist|ct|mri"
)
#: Phrases without a condition of their own, in the view of the text.
PHRASES = tuple(
    re.compile(pattern)
    for pattern in (
        r"^\s*(?:for )?(?:phase|cohort|arm|part|aim|stratum|group)s?\b[^:.;\n]{0,40}:",
        r"\((?:[a-z][a-z0-9-]{1,7}|see [^()]{0,40}|appendix [a-z0-9]+| ?[a-z]+,? (?:19|20)\d\d ?)\)",
        r"\((?:[a-z]+ et al\.?,? )?(?:19|20)\d\d\)",
        r"\((?:e\.?g\.?|for example|such as)[^()]{0,200}\)",
        r"\(?(?:as )?(?:measured |assessed |determined |calculated |estimated"
        r" |evaluated )?(?:by|via|on|using|based on|according to|on the"
        r" basis of|with|per)"
        rf" (?:(?:the|a|an|either|most recent|institutional) )*(?:(?:{_METHOD})"
        r"(?:'s)?\b(?:[ /,()-]|\bor\b|\band\b|\bthe\b|\bof\b|\ba\b)*)+"
        r"(?: ?formula)?\)?",
        r"(?:adequate|normal|normal or adequate|acceptable|sufficient)"
        r" (?:[a-z-]+,? (?:and |or )?){0,6}?(?:function|reserve|bone marrow"
        r"|functions)(?: of [a-z]+)?,? ?(?:as )?(?:evidenced|defined|assessed"
        r"|demonstrated|indicated|shown|documented|measured)"
        r"(?: ?(?:by|as|below|the following|follows|all of|within \d+ days))*:?",
        (
            r"(?:excluded|not eligible|ineligible|not be eligible)(?: (?:from"
            r"|for) (?:this|the) (?:clinical )?(?:trial|study|protocol))?"
            r"(?=[ .]*$)"
        ),
        r"(?:^|[\s(])i\.e\.,?",
        r"\(the reference lab\)",
    )
)
#: How old a result may be: it goes to the laboratory claims of the criterion.
RESULT_AGE = re.compile(
    r"\(?(?:all )?(?:obtained|performed|assessed|measured|documented|done"
    r"|taken|determined)? ?(?:within|<|≤|no more than) ?(?P<count>\d{1,2})"
    r" (?P<unit>day|week)s?"
    r" (?:prior to|before|of|preceding)(?: (?:the|first|dose|study|treatment"
    r"|of|drug|start|starting|enrol?lment|registration|randomi[sz]ation"
    r"|initiation|therapy|administration|cycle|1|day))+"
    r"(?: ?\( ?(?:[a-z]+ )?(?:window,? ?)?(?:cycle \d,? ?)?day \d ?\) ?)?\)?"
)

_WEAKENING = (
    r"unless|except(?:ion|ions|ing)?(?: for)?|excluding|other than|apart"
    r" from|if|in case|in which case|provided|when|where"
    r"|(?:for|in|among|of) (?:the )?(?:patients?|subjects?|those|participants?|men|women|males?|females?)"
)
_OTHER = (
    r"but|however|although|though|may|might|can|could|eligible|allowed"
    r"|permitted|acceptable|excluded|exclude|only|note|notes|while|during"
    r"|depending"
    r"|instead|ok|waived|regardless|until|nor|no[tr]?(?! (?:more|greater"
    r"|less|fewer|higher|lower|exceeding) )|neither|without|non|never"
    r"|free|absence|lack"
)
#: Words behind which nothing is a plain requirement any more.
WEAKENING = re.compile(rf"\b(?:{_WEAKENING})\b")
CUE = re.compile(rf"\b(?:{_WEAKENING}|{_OTHER})\b|\b(?:patients?|subjects?|those) with\b[^:.;]{{1,60}}:")

#: Directly before a claim: turns it round.
NEGATION = re.compile(
    r"(?:\b(?:no|not|without|never|negative(?: (?:blood|serum|test|tests"
    r"|results?))* for|absence of|free (?:of|from)|must not have|have"
    r" not|has not|not have)\b)"
    r"(?: (?:any|known|prior|previous|preceding|evidence of|history of"
    r"|received|had|an?|the|current|clinical|been|have|having|diagnosed"
    r"|with|to))*\s*$"
)

#: What only a person can judge or do.
TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    ("consent", re.compile(r"\b(?:informed|written|legal(?:ly)?|free)\b[^.;]{0,40}\bconsent|\bconsent"
        r" form|\bgive consent|\bsign(?:ed)?\b[^.;]{0,40}\bconsent|\blegal"
        r" protection|\blegally authori[sz]ed")),
    ("pregnancy", re.compile(r"child-?bearing|contracepti|birth control|reproductive potential"
        r"|abstinen|effective barrier|partner[s]? (?:who|of)|condom|nursing"
        r"|breast-?feed|planning a pregnancy|pregnan|lactat|of childbearing"
        r"|intrauterine|diaphragm")),
    ("logistics", re.compile(r"\b(?:willing|unwilling|compl(?:y|iance)|inability to (?:comply|record)"
        r"|able to (?:comply|understand|swallow|read|fill|provide|follow)"
        r"|follow[- ]up (?:assess|visit)|available for|cooperation|member"
        r" for|social security|imprisoned|detained|colleague|employed|trainee"
        r"|transfer of care|diary|visits)\b")),
    ("judgement", re.compile(r"\b(?:opinion|judg(?:e)?ment|discretion|investigator believes|deemed"
        r"|considered by the investigator|would (?:preclude|interfere|limit"
        r"|make|compromise)|could interfere|unsuitable|inappropriate|incompatible"
        r"|interfere with)\b")),
    ("procedure", re.compile(r"\b(?:biops(?:y|ies)|scheduled|planned|surgery is planned|is planned"
        r" to|tissue|specimen|mri|implant|swallow|venous access|claustrophob\w+"
        r"|contraindications?|hypersensitiv\w+|allerg\w+)\b")),
)  # fmt: skip


def topic_of(seen: str) -> Topic:
    """The subject that makes a criterion one for a person."""
    return next((topic for topic, pattern in TOPICS if pattern.search(seen)), "")


WORD = re.compile(r"[a-z0-9≥≤<>=%][a-z0-9'./%-]*")


def is_filler(word: str) -> bool:
    bare = word.strip(".,'-/")
    return not bare or bare in FILLERS

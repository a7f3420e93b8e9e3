"""The tumour: type, stage, extent, measurable disease, size, metastases of the brain; NYHA class of the
heart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tumorboard.codes.oncotree import OncoTree
from tumorboard.trials.criteria import And, CnsMetastases, Comorbidity, Diagnosis, DiseaseStatus, Node, Stage
from tumorboard.trials.eligibility.claims import Claim, Source, joined
from tumorboard.trials.eligibility.view import NUMBER, SIGN, number, sign_of

# ---- stage

_ONE = r"(?:iv|i{1,3}|[0-4])(?:[a-e](?![a-z])[1-3]?)?"
_STAGE = re.compile(
    r"(?<!rai )(?<!disease )\b(?:(?:ajcc|tnm|uicc|clinical|patholog\w+"
    rf"|clinical/pathologic|figo)[ -])*stages? ?(?P<list>{_ONE}\b(?:(?:"
    r" ?, ?(?:or |and )?| ?- ?| ?/ ?| or | to | and | and/or | through"
    rf" )(?:stages? )?{_ONE}\b)*)"
)
_NOT_A_TUMOUR = re.compile(r"\W{0,3}(?:chronic )?(?:kidney|renal|heart|copd|pressure|ckd)")
_ARABIC = {"1": "i", "2": "ii", "3": "iii", "4": "iv"}
_ORDER = ("0", "I", "II", "III", "IV")
_LETTERS = {"I": "AB", "II": "ABC", "III": "ABC", "IV": "ABC"}


def stage(source: Source) -> Iterator[Claim]:
    """Stage groups; `II-IIIB` is II, IIIA and IIIB."""
    for match in _STAGE.finditer(source.seen):
        if _NOT_A_TUMOUR.match(source.seen, match.end()):
            continue
        groups = _groups(match["list"])
        if groups:
            leaf = source.leaf(Stage(groups), *match.span())
            yield Claim(*match.span(), "stage", leaf, (f"stage in {','.join(groups)}",))


def _groups(words: str) -> tuple[str, ...]:
    parts = re.split(
        r"( ?(?:-|\bto\b|\bthrough\b) ?)|[ ,/]+(?:or |and |and/or )?",
        words.replace("stages", "").replace("stage", ""),
    )
    names = [
        _roman(part)
        for part in parts
        if part and not re.fullmatch(r" ?(?:-|to|through) ?| ?(?:or|and) ?", part)
    ]
    if re.search(r"-|\bto\b|\bthrough\b", words):
        if len(names) != 2:
            return ()
        return _between(*names)
    return tuple(dict.fromkeys(name for name in names if name))


def _roman(part: str) -> str:
    part = part.strip()
    head = re.match(r"iv|i{1,3}|[0-4]", part)
    if head is None:
        return ""
    return (_ARABIC.get(head[0], head[0]) + part[head.end() :]).upper()


def _between(low: str, high: str) -> tuple[str, ...]:
    bare_low, bare_high = (re.sub(r"[A-E]\d?$", "", name) for name in (low, high))
    first, last = _ORDER.index(bare_low), _ORDER.index(bare_high)
    if first > last or (first == last and low[len(bare_low) :] >= high[len(bare_high) :]):
        return ()
    found: list[str] = []
    for name in _ORDER[first : last + 1]:
        letters = _LETTERS.get(name, "")
        if name == bare_low and low != bare_low:
            letters = letters[letters.index(low[len(bare_low)]) :]
            found += [
                name + letter for letter in letters if name != bare_high or letter <= high[len(bare_high) :]
            ]
        elif name == bare_high and high != bare_high:
            found += [name + letter for letter in letters if letter <= high[len(bare_high)]]
        else:
            found.append(name)
    return tuple(found)


_CLASS = r"(?:iv|iii|ii|i|[1-4])"
_CLASSES = rf"(?P<{{0}}>{_CLASS}(?:(?: ?, ?(?:or |and )?| ?- ?| ?/ ?| or | to | and )(?:class )?{_CLASS}\b)*)"
_NYHA_NAME = r"(?:\(?new york heart association(?: ?\(nyha\))?|nyha)\)?"
_HF = r"(?:(?:congestive )?(?:heart|cardiac) (?:failure|disease)|chf)"
_NYHA = re.compile(
    rf"(?:(?:history of |symptomatic )*{_HF}[ ,(]*(?:with |defined as "
        rf"|of |as defined by )*)?{_NYHA_NAME}(?:[ (]*(?:functional|class(?:ification"
        rf"|es)?|grade|heart failure|nyha)\)?)*[ ,:]*(?:of )?(?P<sign>{SIGN})?\s*"
        rf"(?:class )?{_CLASSES.format('first')}\b(?P<after> or (?:greater"
        rf"|higher|above|more))?\)?(?: {_HF})?"
    rf"|{_HF} ?(?P<sign2>{SIGN})\s*class {_CLASSES.format('second')}\b ?(?:\(?{_NYHA_NAME}\)?)?"
)  # fmt: skip


def heart_failure_class(source: Source) -> Iterator[Claim]:
    """Heart failure can be looked up; its NYHA class is for a person to say."""
    for match in _NYHA.finditer(source.seen):
        sign = match["sign"] or match["sign2"]
        listed = [_roman(part) for part in re.findall(_CLASS, match["first"] or match["second"])]
        classes = _classes(listed, sign, bool(match["after"]), "-" in (match["first"] or ""))
        if not classes:
            continue
        words = ",".join(classes)
        open_ = source.open(f"NYHA class {words}", *match.span(), "judgement")
        node: Node = And((source.leaf(Comorbidity("heart failure"), *match.span()), open_))
        if "I" in classes:  # class I has no limitation: nothing that a record of heart failure would decide
            node = open_
        yield Claim(*match.span(), "heart failure class", node, (f"nyha in {words}",))


def _classes(listed: list[str], sign: str | None, after: bool, is_range: bool) -> list[str]:
    order = list(_ORDER[1:])
    if sign or after:
        if len(listed) != 1:
            return []
        kind, place = sign_of(sign) if sign else ">=", order.index(listed[0])
        return {
            ">": order[place + 1 :],
            ">=": order[place:],
            "<": order[:place],
            "<=": order[: place + 1],
        }.get(kind, [])
    if is_range and len(listed) == 2:
        return order[order.index(listed[0]) : order.index(listed[1]) + 1]
    return list(dict.fromkeys(listed))


# ---- type

_TUMOUR = (
    r"(?:cancers?|carcinomas?|adenocarcinomas?|melanomas?|lymphomas?|leuk[a]?emias?"
    r"|sarcomas?|myelomas?|gliomas?|glioblastomas?|mesotheliomas?|neuroblastomas?"
    r"|tumou?rs?|neoplasms?|malignanc(?:y|ies))"
)
_TYPE = re.compile(
    rf"(?P<before>(?:[a-z][a-z0-9'/-]*,? ){{0,5}})(?P<head>{_TUMOUR})\b"
    r"(?: ?\((?:nsclc|sclc|tnbc|hnscc|crc|mcrc|hcc|gist|mcrpc|rcc|aml"
    r"|mbc|ibc)\))?(?P<of> (?:of|in) the (?P<site>[a-z]+(?: (?:or|and)"
    r" (?:the )?[a-z]+| [a-z]+)?))?(?: in situ)?"
    r"|\b(?P<short>nsclc|sclc|tnbc|hnscc|mcrpc|m?crc|hcc|gist|dcis|mbc|ibc)\b"
)
_SHORT = {
    "nsclc": "Non-Small Cell Lung Cancer",
    "sclc": "Small Cell Lung Cancer",
    "hcc": "Hepatocellular Carcinoma",
    "crc": "Colorectal Cancer",
    "mcrc": "Colorectal Cancer",
    "gist": "Gastrointestinal Stromal Tumor",
    "dcis": "Breast Ductal Carcinoma In Situ",
    "mbc": "Breast Cancer",
    "ibc": "Inflammatory Breast Cancer",
    "mcrpc": "Prostate Cancer",
    "hnscc": "Head and Neck Squamous Cell Carcinoma",
    "tnbc": "Breast Cancer",
}
# Words that leave the type as it is.
_PLAIN = re.compile(
    r"^(?:the|a|an|of|with|any|primary|confirmed|proven|documented|diagnosed"
    r"|histologically|cytologically|pathologically|histologic|cytologic"
    r"|patients?|subjects?|who|have|has|had|diagnosis|must|known|or|and"
    r"|histological|cytological|pathological|patholog[a-z]+"
    r"|confirmation|is|female|women|clinically|biopsy|biopsy-proven|histopathologically"
    r"|histology|evidence|proof|histologically-confirmed)$"
)
# Words that other rules read (extent, markers); they stay outside of the claim.
_SITES = {
    "stomach": "Stomach Cancer",
    "gastric": "Stomach Cancer",
    "gastroesophageal": "Esophagogastric Cancer",
    "breast": "Breast Cancer",
    "mammary": "Breast Cancer",
    "lung": "Lung Cancer",
    "colon": "Colorectal Cancer",
    "rectal": "Colorectal Cancer",
    "rectum": "Colorectal Cancer",
    "colorectal": "Colorectal Cancer",
    "prostate": "Prostate Cancer",
    "pancreas": "Pancreatic Cancer",
    "pancreatic": "Pancreatic Cancer",
    "ovarian": "Ovarian Cancer",
    "ovary": "Ovarian Cancer",
    "bladder": "Bladder Cancer",
    "urothelial": "Bladder Cancer",
    "renal": "Renal Cell Carcinoma",
    "hepatocellular": "Hepatobiliary Cancer",
    "thyroid": "Thyroid Cancer",
    "endometrial": "Endometrial Cancer",
    "cervical": "Cervical Cancer",
    "esophageal": "Esophagogastric Cancer",
    "biliary": "Hepatobiliary Cancer",
    "head": "Head and Neck Cancer",
}
_ALIASES = {
    "invasive breast": "Breast Cancer",
    "non-small cell lung": "Non-Small Cell Lung Cancer",
    "non small cell lung": "Non-Small Cell Lung Cancer",
    "small cell lung": "Small Cell Lung Cancer",
    "inflammatory breast": "Inflammatory Breast Cancer",
    "solid": "_SOLID_",
    "invasive ductal": "Breast Invasive Ductal Carcinoma",
    "pancreatic ductal": "Pancreatic Adenocarcinoma",
    "castration-resistant prostate": "Prostate Cancer",
    "gastric or gastroesophageal junction": "Esophagogastric Cancer",
    "cutaneous": "Melanoma",
    "lung": "Lung Cancer",
}


def diagnosis(source: Source) -> Iterator[Claim]:
    """A tumour type that OncoTree knows, with every word of its name; otherwise none."""
    for match in _TYPE.finditer(source.seen):
        found = _short_type(match) if match["short"] else _named_type(match)
        if found is None:
            continue
        term, start, end = found
        yield Claim(
            start, end, "diagnosis", source.leaf(Diagnosis(term), start, end), (f"dx {term.lower()}",)
        )


def _short_type(match: re.Match[str]) -> tuple[str, int, int] | None:
    term = _SHORT[match["short"]]
    return (term, *match.span()) if _known(term) and match["short"] not in ("tnbc", "mcrpc", "mbc") else None


def _named_type(match: re.Match[str]) -> tuple[str, int, int] | None:
    """The longest run of words before the head that names a type; `adenocarcinoma of the stomach` as well."""
    head, words = match["head"].rstrip("s"), [word.rstrip(",") for word in match["before"].split()]
    starts = [match.start() + piece.start() for piece in re.finditer(r"\S+", match["before"])]
    for skipped in range(len(words)):
        run = words[skipped:]
        if any(_PLAIN.match(word) for word in run[:1]):
            continue
        term = _term(" ".join(run), head)
        if term and not re.search(r"in situ$", match[0]):
            return term, starts[skipped], match.end() if not match["of"] else match.end("head")
    if match["site"] and not re.search(r"\b(?:or|and)\b", match["site"]):
        term = _term(match["site"].split()[0], "carcinoma" if head != "cancer" else head)
        if (
            term
            and head in ("cancer", "carcinoma", "adenocarcinoma")
            and not match["before"].endswith("cell ")
        ):
            return (_SITES.get(match["site"].split()[0], term), match.start("head"), match.end())
    return _bare_type(match, head)


def _bare_type(match: re.Match[str], head: str) -> tuple[str, int, int] | None:
    """Types of one word, such as melanoma."""
    if head in ("melanoma", "glioblastoma", "mesothelioma") and _known(head):
        return head.capitalize(), match.start("head"), match.end("head")
    return None


def _term(words: str, head: str) -> str:
    """The OncoTree term for `words head`, if it has exactly this one."""
    if words in _ALIASES and head in (
        "cancer",
        "carcinoma",
        "tumor",
        "tumour",
        "malignancy",
        "melanoma",
        "adenocarcinoma",
    ):
        term = _ALIASES[words]
        return (
            term if _known(term) and (head not in ("adenocarcinoma",) or words == "pancreatic ductal") else ""
        )
    if words in _SITES and head in ("cancer", "carcinoma", "adenocarcinoma", "neoplasm"):
        exact = f"{words} {head}"
        return (
            exact.title()
            if _known(exact.title())
            else _SITES[words]
            if _known(_SITES[words]) and head != "adenocarcinoma"
            else _SITES[words]
            if words in ("breast", "colorectal", "prostate", "pancreatic", "gastric", "stomach")
            and _known(_SITES[words])
            else ""
        )
    for spelling in (f"{words} {head}", f"{words} {head}".replace("tumour", "tumor")):
        if _known(spelling.title()):
            return spelling.title()
    return ""


@cache
def _known(term: str) -> bool:
    return bool(OncoTree.builtin().members(term))


_STATES = {
    "recurrent": "recurrent",
    "relapsed": "recurrent",
    "metastatic": "metastatic",
    "locally advanced": "locally advanced",
    "advanced": "advanced",
    "unresectable": "unresectable",
    "inoperable": "unresectable",
    "refractory": "refractory",
    "locally recurrent": "recurrent",
    "localized": "localized",
    "early stage": "early stage",
    "early-stage": "early stage",
}
_STATE = (
    r"(?:locally[ -](?:advanced|recurrent)|recurrent|relapsed|metastatic|advanced"
    r"|unresectable|inoperable|refractory|locali[sz]ed|early[ -]stage)"
)
_STATUS = re.compile(
    rf"\b(?P<states>{_STATE}(?:(?:,? ?and ?/ ?or |,? or |/|, ?|,? and ){_STATE})*)"
    rf"(?= (?:[a-z0-9(),/-]+ ){{0,4}}?(?:\(?(?:nsclc|ibc|crc)\)?|{_TUMOUR}"
    r"|disease|setting)\b)(?: (?:disease|setting)(?! (?:that|which|after"
    r"|progress)))?"
)


def disease_status(source: Source) -> Iterator[Claim]:
    """Any one of the states listed. `metastatic and refractory` asks for both."""
    for match in _STATUS.finditer(source.seen):
        if re.search(r"setting", match[0]):
            continue
        words = [re.sub(r"[ -]+", " ", word) for word in re.findall(_STATE, match["states"])]
        names = tuple(
            dict.fromkeys(_STATES.get(word.replace("localised", "localized"), word) for word in words)
        )
        if re.search(r"(?<!/)\band (?!/)", match["states"]) and not re.search(r"and ?/ ?or", match["states"]):
            nodes: list[Node] = [source.leaf(DiseaseStatus((name,)), *match.span()) for name in names]
            node = joined(nodes, "and")
        else:
            node = source.leaf(DiseaseStatus(names), *match.span())
        yield Claim(*match.span(), "disease status", node, (f"status {' or '.join(names)}",))


# ---- measurable disease, size

_MEASURABLE = re.compile(
    r"(?:at least one |at least 1 |≥ ?1 |one or more )?(?:(?:site|lesion)s?"
    r" of )?(?:unidimensional(?:ly)?,? |bidimensional(?:ly)?,? |radiologically"
    r" |radiographically )*(?:measurable|evaluable)(?: (?:or|and/or|and"
    r"|,) ?(?:non-measurable|evaluable|measurable))?,? ?(?:disease|lesions?"
    r"|tumou?r(?: parameter)?s?|target lesions?|site)"
    r"(?:[ ,(]*(?:by|per|according to|as defined by|as per|as assessed"
    r" by|using|based on|defined by|as measured by)? ?(?:the )?(?:response"
    r" evaluation criteria (?:in|for) solid tumou?rs|recist)(?:[ ,(]*"
    r"(?:recist|criteria|guidelines?|version|v\.?|1\.[01]|[12]\.\d)[ ,)]*)*)?"
)


def measurable(source: Source) -> Iterator[Claim]:
    """Read, but for the radiologist to confirm."""
    for match in _MEASURABLE.finditer(source.seen):
        end = match.start() + len(match[0].rstrip(" ,"))
        leaf = source.open(
            "measurable disease: for the radiologist to confirm", match.start(), end, "judgement"
        )
        yield Claim(match.start(), end, "measurable disease", leaf, ("measurable",))


_SIZE = re.compile(
    rf"(?P<paren>\((?P<sign3>{SIGN})\s*(?P<value3>{NUMBER}) ?(?P<unit3>mm"
    r"|cm) in (?:the )?(?:longest|greatest|largest) (?:dimension|diameter)\))"
    r"|"
    rf"\b(?:tumou?r|lesion|disease|metastas[ie]s|mass|nodule)s?\b[^.;<>≥≤]{{0,60}}?"
    r"(?:(?:measuring|size|diameter|of|is|and is)\s?)"
    rf"(?P<sign>{SIGN})\s*(?P<value>{NUMBER})"
    r" ?(?P<unit>mm|cm)\b(?: in (?:the )?(?:longest|greatest|largest|maximum"
    r"|short|long) (?:dimension|diameter|axis))?"
)


def size(source: Source) -> Iterator[Claim]:
    """Read, but for the radiologist to confirm."""
    for match in _SIZE.finditer(source.seen):
        last = "3" if match["paren"] else ""
        sign, value = sign_of(match[f"sign{last}"]), number(match[f"value{last}"])
        start = match.start(f"sign{last}")
        leaf = source.open(
            "size of the tumour: for the radiologist to confirm", start, match.end(), "judgement"
        )
        yield Claim(start, match.end(), "size", leaf, (f"size {sign} {value:g} {match[f'unit{last}']}",))


# ---- metastases of the central nervous system

_CNS_SITE = (
    r"(?:brain|cns|(?:central nervous system)(?: ?\(cns\))?|cerebral|intracranial"
    r"|lepto-?meningeal|meningeal|subdural)"
)
_CNS_WHAT = r"(?:metasta\w+|mets|disease|involvement|carcinomatosis|spread)"
_CNS_STATE = (
    r"(?:active(?:ly progressing)?|untreated|symptomatic|uncontrolled|unstable"
    r"|progressing|progressive|stable|treated|asymptomatic|new|known|any|clinically"
    r" active)"
)
_CNS = re.compile(
    rf"(?P<states>(?:{_CNS_STATE}(?: and/or |, or |, | or | and |/| )){{0,4}})"
    rf"(?P<sites>{_CNS_SITE}(?: {_CNS_WHAT})?(?:(?: and/or |, or |, | or"
    rf" | and |/){_CNS_SITE})*) {_CNS_WHAT}(?: ?\(?metastases\)?)?(?:(?:"
    r" and/or |, or |, | or | and )(?P<more>carcinomatous meningitis|lepto-?meningeal"
    r" (?:carcinomatosis|disease|metastas[ie]s)))?"
    r"|(?P<alone>carcinomatous meningitis|meningeal carcinomatosis|lepto-?meningeal"
    r" (?:carcinomatosis|disease))"
)


def brain_metastases(source: Source) -> Iterator[Claim]:
    """Their state as far as the engine knows it: any, active, untreated, stable, leptomeningeal."""
    for match in _CNS.finditer(source.seen):
        states = _cns_states(match)
        if states is None:
            continue
        nodes: list[Node] = [source.leaf(CnsMetastases(state), *match.span()) for state in states]  # type: ignore[arg-type]
        facts = tuple(
            f"cns metastases {state}" if state != "leptomeningeal" else "cns leptomeningeal"
            for state in states
        )
        yield Claim(*match.span(), "brain metastases", joined(nodes, "or"), facts)


def _cns_states(match: re.Match[str]) -> list[str] | None:
    words = match["states"] or ""
    if re.search(r"\basymptomatic|\bnew\b", words):
        return None
    states = []
    if re.search(r"\buntreated", words):
        states.append("untreated")
    if re.search(r"active|symptomatic|uncontrolled|unstable|progress", words):
        states.append("active")
    if re.search(r"\bstable|\btreated", words):
        return None if states or " or " in words else ["stable"]
    sites = match["sites"] or ""
    if match["alone"] or (
        re.search("meningeal", sites) and not re.search("brain|cns|central|cerebral|intracranial", sites)
    ):
        return ["leptomeningeal"]
    return states or ["any"]

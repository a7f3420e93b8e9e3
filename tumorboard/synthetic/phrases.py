"""The stock of sentences the letters are made of."""

from __future__ import annotations

import random
from datetime import date

from tumorboard.synthetic.people import Person
from tumorboard.synthetic.record import GenomicTest, Record

DOCTORS = ("Beispiel", "Example", "Muster", "Sample", "Placeholder", "Testmann")
CLOSING = "With kind regards (SYNTHETIC letter; this person does not exist)"
ORDINAL = {1: "first", 2: "second", 3: "third"}
MMR = {
    "high": "Loss of MLH1 and PMS2 expression; MSI-high. Hence mismatch repair deficient.",
    "stable": "MLH1, PMS2, MSH2 and MSH6 retained; no evidence of mismatch repair deficiency (MSS).",
}
RESPONSE = {
    "": ("baseline examination; no earlier images for comparison.", "initial staging."),
    "CR": (
        "complete remission; no measurable tumour.",
        "no residual tumour visible, CR according to RECIST 1.1.",
    ),
    "PR": ("partial response (RECIST 1.1).", "clear decrease of the lesion, PR. No new lesions."),
    "SD": ("stable disease.", "no significant change, SD according to RECIST 1.1; no progression."),
    "PD": ("progressive disease with increase of the target lesion.", "progression (PD, RECIST 1.1)."),
}
AFTER_SURGERY = (
    "The course after the operation was uneventful; no wound infection.",
    "Postoperative pneumonia was treated with antibiotics; no anastomotic leak.",
    "Mild postoperative anaemia, no transfusion needed.",
)
NO_INVASION = (
    "No vascular invasion seen. ",
    "No evidence of perineural invasion. ",
    "Lymphovascular invasion is not identified. ",
)
MATERIAL = (
    "Material is sufficient for molecular testing.",
    "Molecular testing recommended; block retained.",
)
MASS = ("Mass", "Lesion", "Space-occupying lesion")
CT_NEGATIVES = (
    "No pleural effusion. No pulmonary embolism. No suspicious bone lesion in the field of view.",
    "No ascites. No enlarged lymph nodes beyond those known. Degenerative changes of the spine.",
    "No free air. No evidence of pneumonia. A small hepatic cyst, unchanged.",
)
EXAMINATION = (
    "No fever, no night sweats, weight stable.",
    "Denies chest pain and haemoptysis. Lost 4 kg in three months.",
    "Appetite reduced, no nausea. No neurological deficit.",
)
STATE = {
    "new": (
        "The diagnosis is new; no treatment has been given.",
        "Staging is complete and therapy has not been started.",
    ),
    "progressed": (
        "The current CT shows progression.",
        "Unfortunately the disease has progressed; there is no further response to the present treatment.",
    ),
    "on therapy": (
        "Treatment continues; there is no sign of progression at present.",
        "Treatment is tolerated well, without grade 3 or 4 toxicity.",
    ),
    "after surgery": (
        "The operation was uneventful, R0 resection.",
        "Recovery after the operation is good; no evidence of residual disease.",
    ),
    "follow-up": (
        "No evidence of recurrence at today's follow-up.",
        "There is no active treatment at present; staging shows no new lesions.",
    ),
}
WISHES = (
    "The patient wishes further treatment, but no stay in hospital if it can be avoided.",
    "Values quality of life over length of life and declines intensive chemotherapy.",
    "The patient would like to take part in a clinical trial, also at another centre.",
    "Wants to attend the wedding of a daughter in spring and asks for treatment with little nausea.",
    "No resuscitation and no intensive care are wished (advance directive on file).",
    "The patient wishes all available treatment; hair loss would be accepted.",
)


def lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


def month_in_words(day: date) -> str:
    return f"in {day:%B %Y}"


def day_in_words(day: date) -> str:
    return f"on {day.day} {day:%B %Y}"


def ecog(rng: random.Random, value: int) -> str:
    return rng.choice(
        (
            f"ECOG {value}.",
            f"ECOG performance status {value}.",
            f"Performance status: ECOG PS {value}.",
            f"In ECOG {value} condition.",
        )
    )


def history(rng: random.Random, person: Person) -> str:
    ill = " and ".join(map(lower_first, person.comorbidities))
    known = f"Known {ill}." if ill else "No relevant comorbidities."
    absent = rng.choice(
        (
            "No history of myocardial infarction.",
            "Denies diabetes.",
            "No known allergies.",
            "No earlier malignancy.",
        )
    )
    if absent == "Denies diabetes." and "Type 2 diabetes mellitus" in person.comorbidities:
        absent = "No known allergies."
    return f"{known} {absent} {person.smoker.capitalize()}."


def family(rng: random.Random, oncotree: str) -> str:
    common: tuple[str, ...] = (
        "Mother had breast cancer at 52.",
        "Father died of colon cancer; no known germline mutation in the family.",
        "Family history negative for cancer.",
        "A sister was treated for melanoma.",
    )
    if oncotree in ("IDC", "PAAD", "PRAD"):
        common += ("Maternal aunt with ovarian cancer; BRCA testing of the aunt unknown.",)
    return "Family history: " + rng.choice(common)


def plan(rng: random.Random, resectable: bool, surgery: str) -> str:
    if resectable:
        return rng.choice(
            (
                f"Plan: {surgery.lower()}, then adjuvant therapy depending on the pathology.",
                f"We plan {surgery.lower()}. If margins are positive, radiotherapy would be considered.",
            )
        )
    return rng.choice(
        (
            "Curative surgery is not possible. Systemic therapy is planned after the molecular result.",
            "Plan: palliative systemic therapy; targeted treatment if a targetable alteration is found.",
        )
    )


def considered(rng: random.Random) -> str:
    return rng.choice(
        (
            "Radiotherapy was discussed but not indicated at present.",
            "A trial was considered; none was open for this situation.",
            "Immunotherapy was considered but not given.",
            "",
        )
    )


def next_ct(rng: random.Random, when: date) -> str:
    return rng.choice(
        (
            f"Next CT planned {month_in_words(when)}.",
            "Staging in about nine weeks.",
            f"If tolerated, CT control {month_in_words(when)}.",
        )
    )


def symptoms(rng: random.Random, state: str) -> str:
    better = ("No pain, no dyspnoea.", "Mild fatigue (grade 1), no fever.", "No complaints.")
    worse = (
        "Increasing fatigue and loss of appetite.",
        "Pain controlled with morphine, no nausea.",
        "Dyspnoea on exertion, no cough.",
    )
    return rng.choice(worse if state in ("progressed", "new") else better)


def wish(rng: random.Random) -> str:
    return "Wishes: " + rng.choice(WISHES)


def question(rng: random.Random, record: Record) -> str:
    state, course = record.course.state, record.course
    target = record.disease.driver.group
    tested = "with the molecular report at hand" if record.tests else "molecular testing has not been done"
    if state == "progressed":
        number = ORDINAL.get(len(course.lines) + 1, "further")
        after = course.lines[-1].name if course.lines else "recurrence"
        return f"{number}-line option after {after}? ({tested})"
    if state == "new":
        aim = "operation or induction therapy first?" if record.disease.resectable else "first-line therapy?"
        return f"{aim} ({tested})"
    if state == "after surgery":
        return rng.choice(
            ("adjuvant therapy, and which?", "is adjuvant therapy indicated given age and comorbidity?")
        )
    if state == "on therapy":
        return rng.choice(
            (
                "continue the present treatment?",
                f"is there a trial for {target} disease in case of progression?",
            )
        )
    return rng.choice(
        ("interval of follow-up?", "is further systemic therapy or surgery of metastases sensible?")
    )


def not_detected(rng: random.Random, test: GenomicTest, oncotree: str) -> str:
    """A sentence about genes that were looked at and are not altered."""
    asked = {
        "LUAD": "EGFR ALK ROS1 RET BRAF",
        "COAD": "KRAS NRAS BRAF",
        "SKCM": "BRAF NRAS KIT",
        "IDC": "PIK3CA ESR1 BRCA1",
    }
    found = {f.alteration.gene for f in test.findings}
    free = [g for g in asked.get(oncotree, "BRCA1 BRCA2 NTRK1").split() if g in test.genes and g not in found]
    if not free:
        return ""
    names = ", ".join(free)
    return rng.choice(
        (f"No alteration of {names}.", f"Not detected: alterations in {names}.", f"{names}: wild type.")
    )

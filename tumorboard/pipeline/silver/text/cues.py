"""The words that turn a finding around: negation, history, hypothesis, somebody else. Data for `context`.

After NegEx (Chapman 2001, PMID 12123149) and ConText (Harkema 2009, PMC2757457); the lists are our own.
Patterns are in lower case and meet the text in lower case; a space in one stands for any white space.
"""

from __future__ import annotations

# A cue that looks like a negation and is none. Found first, so that the `no` in it does not count.
PSEUDO = (
    r"no (?:significant |definite |interval |apparent |obvious )*(?:increase|decrease|change)s?(?: in)?",
    r"no further(?: (?:treatment|questions?|workup|work-up))",
    r"not (?:only|just|necessarily|certain|sure|clear|known|know|changed?)(?: (?:if|whether|to be))?",
    r"without (?:any )?change",
    r"(?:without|no) (?:difficulty|difficulties|problems?|complications?)",
    r"gram[- ]negative",
    r"(?:hiv|rh)[- ]negative (?:donor|partner)",
    r"not (?:drain|cause|extend|rule out)",
    r"cannot (?:be )?(?:excluded?|ruled? out)",
    r"(?:is|are|was|were|has|have)?\s?not (?:been )?(?:ruled|excluded) out",
    r"could not be (?:excluded|ruled out)",
    r"no (?:reason|doubt|surprise|charge|show|one|less than|more than|matter)",
    r"does not (?:exclude|rule out)",
    r"double[- ]negative",
    r"triple[- ]negative",
    r"no\. ?\d+",
    r"or not",
    r"(?:\w+[- ])?(?:hour|day|week|month)s?(?:'s?)? (?:\w+ )?history of",
    r"if not",
    r"whether or not",
    r"not yet (?:done|available|known|performed)",
    r"never[- ]?smoker",
    r"unremarkable except",
    r"(?:due|owing) to lack of",
)

# Turns what follows, up to the end of its clause.
NEGATION_BEFORE = (
    r"no",
    r"not",
    r"without",
    r"den(?:y|ies|ied|ying)(?: any)?",
    r"negative (?:for|history of)?",
    r"never",
    r"none of",
    r"(?:no|without|lack of|absence of|insufficient|little) (?:\w+ ){0,3}(?:evidence|signs?|suggestion"
    r"|indication|history|complaints?|symptoms?|findings?|features?|suspicion|proof|mention"
    r"|documentation)(?: (?:of|for|to suggest|that would suggest|suggestive of|suspicious for"
    r"|concerning for))?",
    r"nor",
    r"neither",
    r"-ve(?: for)?",
    r"(?:was|were|is|are) (?:not|never)",
    r"(?:is|was|are|were|do|does|did|has|have|had|ca|could|would|should)n'?t",
    r"cannot",
    r"can ?not (?:see|identify|detect|palpate)?",
    r"absen(?:ce of|t)",
    r"free of",
    r"lack(?:s|ed|ing)?(?: of)?",
    r"ruled out(?: for)?",
    r"rul(?:es|ed) (?:him|her|the patient) out(?: for)?",
    r"excluded?",
    r"excludes",
    r"fail(?:s|ed) to (?:reveal|show|demonstrate|identify)",
    r"declin(?:es|ed)",
    r"refus(?:es|ed)",
    r"unremarkable for",
    r"no longer(?: has| have| had)?",
    r"rather than",
    r"instead of",
    r"clear of",
    r"not (?:demonstrate|reveal|show|have|appear|see|feel|know of|complain of|associated with|had|exhibit"
    r"|appreciate|identified|detected|note|think|believe)[a-z]*",
    r"ø",
    r"non(?= |-)",
    r"not detected: ",
    r"has not (?:had|been)",
    r"have not (?:had|been)",
)

# Turns what stands before it in its clause.
NEGATION_AFTER = (
    r"(?:was|were|is|are|has been|have been|had been|being)? ?(?:ruled|excluded) out",
    r"(?:was|were|is|are|been) excluded",
    r"(?:was|were|is|are|has been|have been)? ?not (?:be )?(?:seen|identified|detected|present|found|noted"
    r"|visuali[sz]ed|demonstrated|appreciated|observed|evident|given|done|performed|possible|indicated"
    r"|attempted|started|used|required|needed|felt|palpated|reported|elevated|expressed|enlarged|dilated"
    r"|tolerated)",
    r"(?:was|were|is|are|came back|returned|tested)? ?negative",
    r"unlikely",
    r"(?:was|were|is|are) absent",
    r"absent",
    r"(?:was|were|is|are|been|has|have) denied",
    r"(?:is|was|are|were|does|did|do|has|have) not",
    r": ?(?:none|no|negative|absent|nil)\b",
    r"(?:is|was|are|were|do|does|did|has|have)n't",
    r"free",
    r"none",
    r"nil",
    r"never (?:given|started|seen)",
    r"has (?:now )?(?:completely )?resolved",
    r"have (?:now )?(?:completely )?resolved",
    r"(?:was|were|is|are) not an option",
    r"retained",
    r"(?:has|have|had)? ?(?:now |completely )*(?:resolved|subsided)",
)

HISTORY_BEFORE = (
    r"(?:past |previous |prior |known |personal |remote |long |longstanding |significant |medical "
    r"|surgical |extensive |recent |strong |her |his |the )*history(?: significant)?(?: is"
    r"| was)?(?: notable| significant| positive| remarkable)? ?(?:of|for|with|includ(?:es|ing))",
    r"history(?!\s*:)",
    r"h/o",
    r"hx(?: of)?",
    r"pmhx?",
    r"status[- ]post",
    r"s/p",
    r"previous(?:ly)?",
    r"prior",
    r"formerly",
    r"in the past",
    r"past",
    r"remote",
    r"underwent",
    r"since childhood",
    r"childhood",
    r"last (?:year|month|spring|summer|autumn|fall|winter)",
    r"years? ago",
    r"ex-",
    r"previous diagnosis of",
    r"had been (?:diagnosed|treated)",
    r"earlier",
    r"used to",
)
HISTORY_AFTER = (
    r"(?:\d+|two|three|four|five|six|seven|eight|ten|several|many|some|a few|few) (?:\w+ )?(?:years?"
    r"|months?|decades?) (?:ago|back|prior|previously|earlier)",
    r"in the past",
    r"as a child",
    r"in childhood",
    r"in (?:19|20)\d\d",
    r"years ago",
    r"in remission since",
    r"previously",
    r"the last time",
)

HYPOTHESIS_BEFORE = (
    r"if",
    r"in case of",
    r"should (?:there|the|he|she|they|any)",
    r"unless",
    r"return (?:for|if|to)",
    r"monitor(?:ed)? for",
    r"watch(?:ed)? for",
    r"risk of",
    r"at risk for",
    r"(?:to )?(?:evaluate|assess|check|screen(?:ing)?|test(?:ing)?|look) for",
    r"to rule out",
    r"r/o",
    r"rule out(?= )",
    r"prophyla(?:xis|ctic)(?: for| against)?",
    r"as needed for",
    r"prn",
    r"(?:is|are|was|were)? ?(?:planned|considered|discussed|recommended|proposed|offered|intended"
    r"|scheduled)(?: for)?",
    r"we (?:plan|recommend|propose|suggest|advise|intend)",
    r"would (?:like|be|consider|recommend)",
    r"consider(?:ing)?",
    r"plan(?:s|ned)? (?:to|for|is)",
    r"may (?:be|develop|benefit)",
    r"might",
    r"could be",
    r"possible",
    r"question of",
    r"candidates? for",
    r"eligible for",
    r"option(?:s)? (?:of|after|would|include)",
    r"next (?:ct|mri|staging|line)",
    r"in the event of",
    r"call (?:if|for|with)",
    r"before (?:starting|any)",
    r"then",
    r"depending on",
    r"interested in",
)
HYPOTHESIS_AFTER = (
    r"(?:is|are|was|were|has been|have been|should be|could be|can be|would be|will be|may be"
    r"|to be)? ?(?:planned|considered|discussed|recommended|proposed|offered|intended|scheduled|suggested"
    r"|advised|evaluated)",
    r"(?:will|would|should|could|may|might) (?:be )?(?:start(?:ed)?|give[n]?|begin|consider(?:ed)?|follow"
    r"|continue)",
    r"is an option",
    r"if (?:tolerated|needed|a targetable|margins?|there|progress\w*)",
    r"in case of",
    r"sensible\?",
    r"pending",
    r"\?",
)

_RELATIVE = (
    r"(?:her |his |the |an? |patient'?s? |maternal |paternal |one |two |three |older |younger "
    r"|half[- ]?)*(?:grand)?"
    r"(?:mother|father|parents?|brothers?|sisters?|siblings?|aunts?|uncles?|cousins?|sons?|daughters?"
    r"|nieces?|"
    r"nephews?|relatives?|twin|mum|mom|dad|wife|husband|spouse)(?:'s)?"
)  # fmt: skip
# A relative who only tells or helps says nothing about his own health.
OTHER_BEFORE = (
    _RELATIVE + r"(?! (?:and |who |also )?(?:states?|stated|reports?|reported|says|said|notes?|noted|calls"
    r"|called|"
    r"brings|brought|found|is present|was present|helps|gives|gave|confirms|will|denies|accompan\w+))",
    r"family (?:medical )?history(?: (?:is|was))?(?: (?:positive|significant|notable|remarkable))?(?: (?:of"
    r"|for))?",
    r"fhx?", r"in the family", r"donor", r"roommate",
)  # fmt: skip
OTHER_AFTER = (r"in " + _RELATIVE, r"(?:runs )?in (?:her|his|the) family", r"of (?:her|his) " + _RELATIVE)

# Ends the reach of a cue.
TERMINATION = (
    r"but",
    r"however",
    r"nevertheless",
    r"although",
    r"though",
    r"except(?: for)?",
    r"apart from",
    r"aside from",
    r"other than",
    r"besides",
    r"yet",
    r"still",
    r"because(?: of)?",
    r"secondary to",
    r"due to",
    r"caused by",
    r"as (?:a|the) (?:cause|source|reason)(?: of| for)?",
    r"cause[sd]? (?:of|by|for)",
    r"source of",
    r"reason for",
    r"which",
    r"who",
    r"whom",
    r"that (?:is|was|has)",
    r"presents? (?:with|to)",
    r"presented",
    r"presenting",
    r"now",
    r"therefore",
    r"hence",
    r"otherwise",
    r"with (?:the exception|a history|known)",
    r"and (?:is|was|were|are|has|had|have|he|she|it|they|there|the patient|we|presents?|will|then)",
    r"(?:he|she|they|we|it) (?:is|was|were|has|had|have|will|does|did|can)",
    r"there (?:is|was|are|were|has been)",
    r"the patient (?:is|was|has|had|presents?|reports?)",
    r"consistent with",
    r"compatible with",
    r"suggest(?:s|ing|ive of)?",
    r"status post",
    r"on (?:the )?other hand",
    r"for (?:which|whom)",
    r"as (?:he|she|they|it|this|there|the patient)",
    r"(?:and )?positive for",
    r"remain(?:s|ed)",
    r"and (?:a|an|the|his|her|of) (?:personal|own)",
    r"until",
    r"when",
    r"after(?:wards)?",
    r";",
)

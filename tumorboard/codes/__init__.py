"""What a valid code is: OncoTree, gene symbols, HGVS, Sequence Ontology, LOINC, NCT, TNM, ECOG.

A code is a type: each has `parse(text)`, which gives the normal form or raises ValueError with a
sentence for people. The sentence never repeats the text it refused, because that may be patient data.
"""

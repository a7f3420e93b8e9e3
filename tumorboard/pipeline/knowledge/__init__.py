"""What is published about a finding and a drug: versioned tables, and the rules that match them to a patient.

Our own table is small and each row names its sources; a site adds CIViC files and OncoKB-annotated MAF.
"""

"""Record number <-> patient_key. Nothing else may do this."""

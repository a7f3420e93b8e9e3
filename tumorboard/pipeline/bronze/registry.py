from tumorboard.lake.tables import table


@table("bronze.registry", per_patient=False)
class Registry:
    """ClinicalTrials.gov study records."""

from tumorboard.lake.tables import table


@table("bronze.registry")
class Registry:
    """ClinicalTrials.gov study records."""

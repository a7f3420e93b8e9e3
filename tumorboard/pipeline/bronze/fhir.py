from tumorboard.lake.tables import table


@table("bronze.fhir")
class Fhir:
    """FHIR R4 resources, one row each, as received."""

from tumorboard.lake.tables import table


@table("bronze.maf")
class Maf:
    """MAF rows as received."""

from tumorboard.lake.tables import table


@table("bronze.bgen")
class Bgen:
    """BGEN variants with their genotype probabilities."""

from tumorboard.lake.tables import table


@table("bronze.plink")
class Plink:
    """PLINK variants with their genotypes."""

from tumorboard.lake.tables import table


@table("bronze.vcf")
class Vcf:
    """VCF header and records, one row per record and sample."""

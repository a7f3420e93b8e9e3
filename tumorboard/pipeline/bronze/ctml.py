from tumorboard.lake.tables import table


@table("bronze.ctml", per_patient=False)
class Ctml:
    """Trials in Clinical Trial Markup Language."""

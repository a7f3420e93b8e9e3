from tumorboard.lake.tables import table


@table("bronze.ctml")
class Ctml:
    """Trials in Clinical Trial Markup Language."""

from tumorboard.lake.tables import table


@table("bronze.notes")
class Notes:
    """Clinical notes with their header lines."""

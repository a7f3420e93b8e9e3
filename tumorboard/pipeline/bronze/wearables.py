from tumorboard.lake.tables import table


@table("bronze.wearables")
class Wearables:
    """Wearable and home measurements, one row per sample."""

from tumorboard.lake.tables import table


@table("bronze.dicom")
class Dicom:
    """DICOM headers, one row per instance; pixels stay in the file."""

"""From one genomic row as received to findings in one vocabulary: pure Python, one file per format."""

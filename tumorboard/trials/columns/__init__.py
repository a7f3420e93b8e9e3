"""Screening of many patients at once: the same answers as `matching`, as columns over a block of patients."""

"""Writes a synthetic cohort as files in the formats hospitals have. Nobody in it exists.

The cohort enters the lake through the same door as hospital data: `write_cohort` makes files, ingest reads
them.
"""

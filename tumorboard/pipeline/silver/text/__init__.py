"""Rules that read clinical prose: spans, assertions and dates. No model; every fact quotes its note."""

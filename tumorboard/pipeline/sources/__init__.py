"""Readers: one file per outside system or format. Values stay as received; nothing is given a meaning."""

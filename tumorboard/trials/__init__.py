"""Which trials fit and why not: criteria, three-valued matching, screening."""

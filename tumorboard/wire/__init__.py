"""How the gate and its callers talk. Nothing here knows Django, so that a notebook can use it."""

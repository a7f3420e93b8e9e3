"""Free-text eligibility of a registry study, read by rules into the tree of `criteria`; what is not
understood
stays as it is, with its place in the text."""

"""What may happen: survival estimated from whichever modalities a patient has, and withheld when that is unsafe."""

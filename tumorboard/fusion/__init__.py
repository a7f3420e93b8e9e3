"""What may happen: survival from whichever modalities a patient has, withheld when unsafe."""

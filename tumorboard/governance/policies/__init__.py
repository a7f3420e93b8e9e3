"""The policy engine: pure functions from what is true of a person to what they may see."""

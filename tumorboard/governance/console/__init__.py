"""What the governance pages of the console show: readers, never a write, never a patient's value."""

"""How a table is declared, checked, read, written and versioned. Knows no oncology."""

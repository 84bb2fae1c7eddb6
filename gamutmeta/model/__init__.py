"""The normative arithmetic: descriptor and numpy forward pass. Knows no torch and no bytes."""

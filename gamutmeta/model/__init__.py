"""The normative arithmetic: descriptor and numpy forward pass. Uses no torch, and does not know the container."""

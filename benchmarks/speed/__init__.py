"""Time and memory of fit, expansion and both streets, by size of the picture."""

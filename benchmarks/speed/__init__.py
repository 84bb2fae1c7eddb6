"""Time and memory of fit, expansion and both pipelines, by size of the picture."""

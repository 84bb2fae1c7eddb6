"""Fit and expansion on one NVIDIA GPU, against the paper's model on the same GPU."""

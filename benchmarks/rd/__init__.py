"""The parts of :mod:`benchmarks.rate_distortion`: runs and report."""

"""The parts of :mod:`benchmarks.rate_distortion`: codings, figures, runs, the cache of rows, tables and plots."""

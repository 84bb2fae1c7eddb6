"""Colour science: spaces, adaptation, gamut reduction, metrics, ICC profiles. Knows no files and no torch."""

"""Colour science: spaces, curves, adaptation, gamut reduction, ICC profiles. Knows no files and no torch."""

"""A data set of 16-bit ProPhoto photographs, made of raw files and other pictures: see README.md beside this file."""

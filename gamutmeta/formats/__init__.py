"""Bytes of JPEG, PNG, TIFF, MPF, EXIF, XMP and ISO boxes: parsing and splicing.

Knows neither payloads nor photographs.
"""

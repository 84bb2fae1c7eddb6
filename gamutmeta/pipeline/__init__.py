"""The ways from one end to the other, a module for each: reduce, expand, validate, verify.

::

    reduce    photograph -> sRGB pixels as a reader decodes them -> fit -> payload -> sRGB file
    expand    sRGB file -> carrier -> payload -> model(pixels) -> wide-gamut photograph
    verify    an expansion, measured against the photograph
    validate  a file, stage by stage, against the specification
    arrays    expand, for pixels in memory of whichever library
"""

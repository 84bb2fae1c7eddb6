"""The operations from end to end, a module for each: reduce, expand, validate, verify.

::

    reduce    photograph -> sRGB pixels as a reader decodes them -> fit -> payload -> sRGB file
    expand    sRGB file -> carrier -> payload -> model(pixels) -> wide-gamut photograph
    verify    expand, then compare the result with the photograph
    validate  check a file against the specification, stage by stage
    arrays    expand, for pixels in memory, of any array library
"""

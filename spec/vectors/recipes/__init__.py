"""What the vectors are made of.

Everything that goes into a container or a host file is built here byte by byte, without the writers of the package, so
that a slip of theirs cannot slip into the vectors as well. Only the expected pixels come from the package: from the
normative form of the arithmetic, :mod:`gamutmeta.model.reference`.

==================  ===================================================================
`stream`            numbers that look random and are the same everywhere
`pictures`          the 8-bit pictures
`messages`          MessagePack by hand, well-formed or not
`frames`            Zstandard frames by hand
`containers`        the container around both
`models`            descriptors and tensors
`likeness`          likenesses
`jpegs`, `pngs`,    host files, with and without a payload
`tiffs`
`bases`             the few pieces that only an encoder can make, made once and kept
`suite`             collects vectors and writes them out
==================  ===================================================================

The modules whose names begin with `of_` hold the vectors themselves.
"""

"""Pre-trained image-to-image networks: from the clipped photograph to the original one, with no metadata.

All see and make encoded ROMM values on [-1, 1], and are trained on crops of the training photographs. A generator file
holds the architecture of one paper; `width` is the number of channels of its first layer, from which all others follow.
"""

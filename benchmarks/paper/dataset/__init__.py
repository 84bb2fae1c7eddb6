"""A data set of 16-bit ProPhoto photographs, made of raw files and other pictures: see README.md beside this file.

``sources`` finds and reads photographs and tells which belong together; ``styles`` renders them; ``crops`` cuts pieces
for training; ``manifest`` lists what came of it; ``build`` does all of it.
"""

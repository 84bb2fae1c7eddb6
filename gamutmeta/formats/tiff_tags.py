"""Tags of a TIFF file's first directory by what they are about: the photograph, or how the file stores it.

References:
    TIFF 6.0; Adobe Photoshop TIFF Technical Notes (2002); Library of Congress, Tags for TIFF and related
    specifications.
"""

from __future__ import annotations

__all__ = ["DESCRIPTIVE", "LAYERS", "ORIENTATION_TAG", "STORAGE"]

ORIENTATION_TAG = 0x0112

DESCRIPTIVE = frozenset(
    {
        0x010D,  # DocumentName
        0x010E,  # ImageDescription
        0x010F,  # Make
        0x0110,  # Model
        ORIENTATION_TAG,
        0x011A,  # XResolution
        0x011B,  # YResolution
        0x0128,  # ResolutionUnit
        0x0131,  # Software
        0x0132,  # DateTime
        0x013B,  # Artist
        0x013C,  # HostComputer
        0x4746,  # Rating
        0x4749,  # RatingPercent
        0x8298,  # Copyright
        0x9C9B,  # XPTitle
        0x9C9C,  # XPComment
        0x9C9D,  # XPAuthor
        0x9C9E,  # XPKeywords
        0x9C9F,  # XPSubject
    },
)
"""Tags of IFD0 that say something about the photograph; all others say how this file stores it."""

STORAGE = frozenset(
    {
        *range(0x00FE, 0x010B),  # NewSubfileType to FillOrder: kind, size, depth, compression, meaning
        *(0x0111, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119, 0x011C, 0x011D, 0x011E, 0x011F),  # strips, planes, page
        *range(0x0120, 0x0127),  # free bytes, response curves, fax
        *(0x0129, 0x012D, 0x013D, 0x013E, 0x013F, 0x0140, 0x0141),  # page number, transfer function to halftones
        *range(0x0142, 0x015C),  # tiles, inks, further channels, sample formats, JPEG tables
        *range(0x0200, 0x0215),  # JPEG in TIFF, YCbCr
        0x022F,  # StripRowCounts
        0x02BC,  # XMP, which is read for itself
        *(0x7F00, 0x8005, 0x80E3, 0x80E4, 0x80E5, 0x80E6, 0x875C),  # of scanners and libraries, about coding
        *(0x83BB, 0x8649, 0x8773),  # IPTC, Photoshop, ICC profile, which are read for themselves
        *(0x8769, 0x8825, 0xA005),  # pointers to the Exif, GPS and interoperability directories
        *(0xC4A5, 0xC6F7, 0xC7A7, 0xC7A8, 0xEA1C, 0xEA1D),  # print hints, padding
        0xFF4D,  # the payload
    }
)
"""Tags of IFD0 that say how a file stores the picture, or hold what is read for itself."""

LAYERS = 0x935C
"""ImageSourceData of Photoshop."""

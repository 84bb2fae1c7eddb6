"""Every deliberate exception of gamutmeta, in one tree.

It is a module of its own so that no part has to import another one for its errors::

    GamutMetaError
    ├── PayloadError (ValueError)           the payload's bytes break the specification; `field` names where
    │   ├── ChecksumError                   CRC-32 does not match
    │   ├── VersionError                    written for a newer reader
    │   └── LimitError                      larger than the caller allows
    ├── CarrierError (ValueError)           the host file is damaged or cannot take a payload
    │   ├── UnsupportedFileError            not a JPEG, PNG or TIFF
    │   ├── MultiPictureError               JPEG whose index of further pictures (MPF) cannot be kept right
    │   ├── NoPayloadError (LookupError)    there is none
    │   ├── PayloadExistsError              there is one already, and `replace` is false
    │   ├── DuplicatePayloadError           two payloads of one kind
    │   └── PayloadTooLargeError            it does not fit into this carrier
    ├── BindingError (ValueError)           the payload belongs to another picture (size or digest)
    ├── PhotoError (ValueError)             a photograph cannot be read, converted or written
    │   └── ProfileError                    its ICC profile is damaged or of a kind that cannot be used
    ├── FitError (ValueError)               the fit cannot be done as asked
    ├── DeviceError (ValueError)            the device is unknown or not available
    ├── PlanError (ValueError)              the inputs and the output do not fit together
    ├── OutputExistsError (FileExistsError) the output exists, and `overwrite` is false
    └── MissingExtraError (ImportError)     an optional library is not installed

`code` is the stable, machine-readable name of the kind of error.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BindingError",
    "CarrierError",
    "ChecksumError",
    "DeviceError",
    "DuplicatePayloadError",
    "FitError",
    "GamutMetaError",
    "GamutMetaWarning",
    "LimitError",
    "MissingExtraError",
    "MultiPictureError",
    "NoPayloadError",
    "OutputExistsError",
    "PayloadError",
    "PayloadExistsError",
    "PayloadTooLargeError",
    "PhotoError",
    "PlanError",
    "ProfileError",
    "UnsupportedFileError",
    "VersionError",
]


class GamutMetaError(Exception):
    """Base class of all deliberate errors of gamutmeta."""

    code: ClassVar[str] = "error"


class GamutMetaWarning(UserWarning):
    """Something was assumed or left out, so the result may differ from what was expected."""


class PayloadError(GamutMetaError, ValueError):
    """The payload's bytes break the specification.

    Attributes:
        field: name of the offending field, for example ``"header.magic"``.
    """

    code = "payload"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"payload field {field}: {problem}")
        self.field = field
        self._problem = problem

    def __reduce__(self) -> tuple[object, ...]:
        """Made again from its arguments: from one message, as exceptions are by default, it cannot be."""
        return type(self), (self.field, self._problem), self.__dict__


class ChecksumError(PayloadError):
    """The CRC-32 at the end of the payload does not match its bytes."""

    code = "payload.checksum"


class VersionError(PayloadError):
    """The payload asks for a newer reader, or uses a critical feature this one does not know."""

    code = "payload.version"


class LimitError(PayloadError):
    """The payload is larger than the limits the caller set."""

    code = "payload.limit"


class CarrierError(GamutMetaError, ValueError):
    """The host file is damaged, or cannot carry a payload."""

    code = "carrier"


class UnsupportedFileError(CarrierError):
    """The file is not of a kind that carries payloads (JPEG, PNG, TIFF)."""

    code = "carrier.unsupported"


class MultiPictureError(CarrierError):
    """The JPEG holds further pictures behind the first one (MPF), and their index could not be kept right."""

    code = "carrier.multi-picture"


class NoPayloadError(CarrierError, LookupError):
    """The file carries no gamutmeta payload."""

    code = "carrier.none"


class PayloadExistsError(CarrierError):
    """The file carries a payload already."""

    code = "carrier.exists"


class DuplicatePayloadError(CarrierError):
    """The file carries two payloads of one kind; it is unknown which of them is right."""

    code = "carrier.duplicate"


class PayloadTooLargeError(CarrierError):
    """The payload does not fit into the carrier."""

    code = "carrier.too-large"


class BindingError(GamutMetaError, ValueError):
    """The payload was made for another picture: size or digest differ."""

    code = "binding"


class PhotoError(GamutMetaError, ValueError):
    """A photograph cannot be read, converted or written."""

    code = "photo"


class ProfileError(PhotoError):
    """An ICC profile is damaged, or of a kind that cannot be used."""

    code = "photo.profile"


class FitError(GamutMetaError, ValueError):
    """The fit cannot be done as asked."""

    code = "fit"


class DeviceError(GamutMetaError, ValueError):
    """The device is unknown or not available, or an array is on one that is not supported or does not give it back."""

    code = "device"


class PlanError(GamutMetaError, ValueError):
    """The inputs and the output do not fit together; nothing was done."""

    code = "plan"


class OutputExistsError(GamutMetaError, FileExistsError):
    """The output file exists; nothing was written."""

    code = "output.exists"


class MissingExtraError(GamutMetaError, ImportError):
    """An optional library is not installed.

    Args:
        purpose: what needs it, as the start of a sentence ("reading LZW TIFF").
        library: the library's name.
        extra: the extra of gamutmeta that brings it.
    """

    code = "missing-extra"

    def __init__(self, purpose: str, library: str, extra: str) -> None:
        super().__init__(f"{purpose} needs {library}; pip install 'gamutmeta[{extra}]' (in a clone: '.[{extra}]')")
        self._purpose, self._library = purpose, library
        self.extra = extra

    def __reduce__(self) -> tuple[object, ...]:
        """As for :class:`PayloadError`."""
        return type(self), (self._purpose, self._library, self.extra), self.__dict__

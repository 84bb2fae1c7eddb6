"""The imageio plug-in: ``imageio.v3.imread(path, plugin="gamutmeta")`` returns the wide-gamut photograph.

imageio (2.38) does not look for entry points. :func:`register` adds the plug-in to its dictionary; or pass the
class: ``imageio.v3.imread(path, plugin=gamutmeta.imageio.GamutMetaPlugin)``. Needs the extra [imageio].

::

    import imageio.v3 as iio
    import gamutmeta.imageio

    gamutmeta.imageio.register()
    wide = iio.imread("photo.jpg", plugin="gamutmeta")                      # uint16, ProPhoto
    screen = iio.imread("photo.jpg", plugin="gamutmeta", space="display-p3")

It only reads: a payload is fitted to a photograph, and an array has no colour space and no metadata.
"""

from __future__ import annotations

from functools import cached_property
from io import UnsupportedOperation
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

from gamutmeta import carriers
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import space_named
from gamutmeta.errors import GamutMetaError, MissingExtraError, NoPayloadError, UnsupportedFileError
from gamutmeta.formats.exif import orientation_of, with_declared_space
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.upright import turned_upright
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import FoundPayload, SrgbFile, find_payload

try:
    from imageio.config import known_plugins
    from imageio.config.plugins import PluginConfig
    from imageio.core.request import InitializationError, IOMode
    from imageio.core.v3_plugin_api import ImageProperties, PluginV3
except ImportError as error:
    raise MissingExtraError("reading with imageio", "imageio", "imageio") from error

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from types import EllipsisType

    from imageio.core.request import Request
    from numpy.typing import NDArray

    from gamutmeta.choices import Space
    from gamutmeta.container import Limits
    from gamutmeta.photo.carried import Metadata

__all__ = ["NAME", "GamutMetaPlugin", "register", "unregister"]

NAME: Final = "gamutmeta"
"""What :func:`register` registers, for ``plugin=``."""

_CONFIG: Final = PluginConfig(NAME, "GamutMetaPlugin", __name__)
_REGISTERING = Lock()


def register() -> None:
    """Make the plug-in known to imageio as "gamutmeta". Calling it again changes nothing.

    What ``imread(path)`` does without ``plugin=`` stays as it is: it gives the sRGB picture.

    Raises:
        GamutMetaError: if imageio knows another plug-in of that name already.
    """
    if known_plugins.setdefault(NAME, _CONFIG) is not _CONFIG:
        raise GamutMetaError(f"imageio has another plug-in {NAME!r} already; it is not replaced")


def unregister() -> None:
    """Undo :func:`register`. A plug-in that somebody else has put in its place since is left alone."""
    with _REGISTERING:
        if known_plugins.get(NAME) is _CONFIG:
            del known_plugins[NAME]


class GamutMetaPlugin(PluginV3):
    """A JPEG, PNG or TIFF with a payload, as imageio's plug-ins show files: one picture in each.

    Args:
        request: imageio's; a path, bytes, a stream, a URL. A sidecar beside a path counts.
        sidecar: take the payload from this file. ``imread`` cannot pass it on; ``imopen`` does.
        limits: as for :func:`gamutmeta.expand`; likewise.

    Raises:
        imageio.core.request.InitializationError: to be written; no JPEG, PNG or TIFF; or without payload. With
            ``plugin=`` imageio makes an OSError of it, without it goes on to the next plug-in.
    """

    def __init__(
        self, request: Request, *, sidecar: str | os.PathLike[str] | None = None, limits: Limits | None = None
    ) -> None:
        super().__init__(request)
        if request.mode.io_mode != IOMode.read:
            raise InitializationError("gamutmeta.imageio reads only; gamutmeta.reduce_file writes files with payloads")
        self._data: bytes = request.get_file().read()
        self._sidecar, self._limits = sidecar, limits
        try:
            carriers.host_format(self._data)
            carriers.extract_or_sidecar(self._data, request.filename, sidecar=sidecar)
        except (NoPayloadError, UnsupportedFileError) as error:
            raise InitializationError(str(error)) from error
        except (GamutMetaError, OSError):
            # There is a payload, damaged. read() says so: imageio hides the words of whatever is raised here.
            pass

    def read(
        self,
        *,
        index: int | EllipsisType | None = 0,
        space: Space = "prophoto",
        check: bool = True,
        rotate: bool = False,
        threads: int | None = None,
    ) -> NDArray[np.uint16]:
        """The wide-gamut photograph.

        Args:
            index: 0 and None are the picture, ... (Ellipsis) a batch of this one.
            space: the colour space of the array, see :data:`gamutmeta.color.spaces.SPACES`.
            check: refuse a payload that was made for another picture.
            rotate: turn it as EXIF orientation says.
            threads: None for one per core.

        Returns:
            uint16, shape (height, width, 3), with transparency (height, width, 4), with index=... (1, height, width,
            channels). Encoded values of `space`, 65,535 is white; transparency is straight.

        Raises:
            ValueError: there is no picture `index`.
            GamutMetaError: as for :func:`gamutmeta.expand`.
        """
        self._require_index(index)
        space_named(space)
        with pictures_limited(self._limits):
            wide = self._file.expand(check=check, threads=threads).convert(space)
        array = np.asarray(with_alpha(wide.array, wide.alpha), np.uint16)
        if rotate:
            array = turned_upright(array, wide.orientation)
        return array[np.newaxis] if index is ... else array

    def iter(self, **options: Any) -> Iterator[NDArray[np.uint16]]:
        """The one picture; options as for :meth:`read`."""
        yield self.read(**options)

    def write(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: this plug-in reads only, since a payload is fitted to the whole photograph.

        Raises:
            io.UnsupportedOperation: always, as a file opened for reading does; an OSError and ValueError.
        """
        raise UnsupportedOperation("gamutmeta.imageio reads only; gamutmeta.reduce_file writes files with payloads")

    def properties(self, index: int | EllipsisType | None = 0, *, rotate: bool = False) -> ImageProperties:
        """Shape and type of what :meth:`read` gives.

        Raises:
            ValueError: there is no picture `index`.
            GamutMetaError: the picture cannot be decoded.
        """
        self._require_index(index)
        width, height = self._file.size
        alpha = self._file.alpha
        if rotate and orientation_of(self._metadata.exif) > 4:
            height, width = width, height
        shape: tuple[int, ...] = (height, width, 3 if alpha is None else 4)
        if index is ...:
            return ImageProperties((1, *shape), np.dtype(np.uint16), n_images=1, is_batch=True)
        return ImageProperties(shape, np.dtype(np.uint16))

    def metadata(
        self,
        index: int | EllipsisType | None = 0,
        exclude_applied: bool = True,  # noqa: FBT001, FBT002, ARG002 - imageio's signature; reading applies nothing
        *,
        space: Space = "prophoto",
    ) -> dict[str, Any]:
        """What the file says of the photograph, for the array in `space`.

        Returns:
            `space`, its `icc_profile`, `orientation` (EXIF, 1 to 8), `exif` and `xmp` (bytes or None), the payload's
            `carrier`, `payload_bytes`, `model`, and `notes` (tuple of str).

        Raises:
            ValueError: there is no picture `index`.
            GamutMetaError: the payload is damaged, or the space unknown.
        """
        self._require_index(index)
        name = space_named(space).name
        metadata = self._metadata
        return {
            "space": name,
            "icc_profile": profile_bytes(name),
            "orientation": orientation_of(metadata.exif),
            "exif": with_declared_space(metadata.exif, name),
            "xmp": metadata.xmp,
            "carrier": self._found.carrier,
            "payload_bytes": self._found.size,
            "model": str(self._found.payload.descriptor),
            "notes": metadata.notes,
        }

    @cached_property
    def _found(self) -> FoundPayload:
        return find_payload(self._data, self.request.filename, sidecar=self._sidecar, limits=self._limits)

    @cached_property
    def _file(self) -> SrgbFile:
        with pictures_limited(self._limits):
            return SrgbFile.of(self._data, self._found)

    @cached_property
    def _metadata(self) -> Metadata:
        with pictures_limited(self._limits):
            return read_metadata(self._data)

    @staticmethod
    def _require_index(index: int | EllipsisType | None) -> None:
        if index not in {0, None, ...}:
            raise ValueError(f"index {index}: the file has one picture; its index is 0")

"""Pieces that only an encoder can make: small JPEG files, what they decode to, and compressed frames.

They were made once and are kept in ``spec/vectors/base``, since another version of an encoder makes other bytes; so the
vectors stay the same whatever is installed. ``make.py --remake-bases`` makes them anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Bases"]


class Bases:
    """The folder with the pieces.

    Args:
        folder: where they are kept.
        remake: whether to make all of them anew.
    """

    def __init__(self, folder: Path, *, remake: bool = False) -> None:
        self._folder = folder
        self._remake = remake
        self._used: set[str] = set()

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """One piece.

        Args:
            name: of its file.
            make: makes it; called only when the bases are made anew.

        Raises:
            FileNotFoundError: if it was never made.
        """
        path = self._folder / name
        if self._remake and name not in self._used:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make())
        self._used.add(name)
        return path.read_bytes()

    def unused(self) -> list[str]:
        """Files in the folder that nothing asked for."""
        there = {str(path.relative_to(self._folder)) for path in self._folder.rglob("*") if path.is_file()}
        return sorted(there - self._used)

    def zstd(self, name: str, content: bytes, level: int, *, cuts: tuple[int, ...] = ()) -> bytes:
        """A frame of libzstd's around `content`.

        Args:
            name: of the file, without folder and suffix.
            content: what it holds.
            level: of compression.
            cuts: where a new block begins at the latest.
        """
        import zstandard  # noqa: PLC0415 - needed only to make and to check the bases

        def make() -> bytes:
            compressor = zstandard.ZstdCompressor(level=level, write_checksum=False, write_dict_id=False)
            stream = compressor.compressobj(size=len(content))
            pieces = []
            for start, end in zip((0, *cuts), (*cuts, len(content)), strict=True):
                last = end == len(content)
                pieces.append(stream.compress(content[start:end]))
                pieces.append(stream.flush() if last else stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
            return b"".join(pieces)

        frame = self.get(f"frames/{name}.zst", make)
        if zstandard.ZstdDecompressor().decompress(frame) != content:
            raise ValueError(f"base frame {name} does not hold what the recipe says; make the bases anew")
        return frame

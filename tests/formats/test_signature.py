from __future__ import annotations

import pytest
from carriers.hosts import HOSTS

from gamutmeta.carriers import host_format
from gamutmeta.errors import UnsupportedFileError
from gamutmeta.formats.signature import format_of


@pytest.mark.parametrize("name", HOSTS)
def test_host_is_known_by_its_signature(name: str) -> None:
    assert host_format(HOSTS[name]) == name.partition("/")[0]
    assert host_format(bytearray(HOSTS[name][:8])) == name.partition("/")[0]


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a", b"RIFF....WEBP", b"II\0*", b"\x89PNG\r\n\x1a", b"MM*\0"])
def test_everything_else_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedFileError):
        host_format(data)


def test_an_empty_file_is_told_as_such() -> None:
    with pytest.raises(UnsupportedFileError, match=r"^the file is empty$"):
        host_format(b"")


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.jfif", "a.JPE", "a.mpo"])
def test_jpegs_have_many_names(name: str) -> None:
    assert format_of(name) == "jpeg"


def test_other_names_are_no_hosts() -> None:
    with pytest.raises(UnsupportedFileError, match=r"a\.webp: the sRGB file must end in \.jpg"):
        format_of("a.webp")

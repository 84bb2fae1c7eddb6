from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import QUICK, photograph

from gamutmeta.color.convert import convert_space
from gamutmeta.color.spaces import DISPLAY_P3, PROPHOTO
from gamutmeta.model.expand import StripExpander
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.streamed import StreamedPhotograph
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline import streaming
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.streaming import ExpandedRows

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.choices import Space

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Reduced, each with transparency where the kind has any."""
    opaque = photograph()
    alpha = np.linspace(0, 65535, opaque.array.shape[0] * opaque.array.shape[1]).astype(np.uint16)
    clear = WideImage(opaque.array, "prophoto", alpha=alpha.reshape(opaque.array.shape[:2]))
    made: dict[str, Any] = {"jpeg": opaque, "png": clear, "tiff": clear}
    return {kind: reduce(photo, preset=QUICK, format=kind).to_bytes() for kind, photo in made.items()}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def file(files: dict[str, bytes]) -> SrgbFile:
    return SrgbFile.read(files["jpeg"])


def rows_of(file: SrgbFile, **options: Any) -> ExpandedRows:
    return ExpandedRows(file.found.payload.descriptor, file.found.payload.weights(), file.codes, **options)


@given(data=st.data())
def test_any_rows_are_those_of_the_whole(file: SrgbFile, data: st.DataObject) -> None:
    whole = file.expand().array
    start = data.draw(st.integers(0, len(whole) - 1))
    stop = data.draw(st.integers(start + 1, len(whole)))
    rows = rows_of(file)
    assert (rows.shape, rows.dtype, rows.itemsize) == (whole.shape, whole.dtype, whole.itemsize)
    assert np.array_equal(rows[start:stop], whole[start:stop])
    assert np.array_equal(rows[start:], whole[start:])


def test_in_small_strips_and_another_space(file: SrgbFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "STRIP_PIXELS", 500)
    whole = convert_space(file.expand().array, PROPHOTO, DISPLAY_P3, np.uint16)
    assert np.array_equal(rows_of(file, space=DISPLAY_P3)[3:70], whole[3:70])


def test_many_threads(file: SrgbFile) -> None:
    rows, whole = rows_of(file), file.expand().array
    slices = [slice(k, k + 2) for k in range(0, len(whole), 2)] * 5
    with ThreadPoolExecutor(8) as pool:
        for part, found in zip(slices, pool.map(rows.__getitem__, slices), strict=True):
            assert np.array_equal(found, whole[part])


@pytest.mark.parametrize("space", ["prophoto", "rec2020"])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_files_are_as_those_written_from_memory(
    files: dict[str, bytes], tmp_path: Path, kind: str, suffix: str, space: Space
) -> None:
    source, streamed, whole = (tmp_path / name for name in ("source", f"a{suffix}", f"b{suffix}"))
    source.write_bytes(files[kind])
    report = expand_file(source, streamed, space=space)
    expected = expand(source, space=space)
    expected.save(whole)
    assert streamed.read_bytes() == whole.read_bytes()
    assert report.notes == expected.notes
    found = read_photo(streamed)
    assert np.array_equal(found.to_float(), read_photo(whole).to_float())
    assert (found.alpha is None) == (kind == "jpeg")


STREAMED: list[tuple[str, dict[str, Any], bool]] = [
    ("a.tif", {}, True),
    ("a.png", {"depth": 16}, True),
    ("a.tif", {"depth": 8}, False),
    ("a.tif", {"threads": 1}, False),
    ("a.jpg", {}, False),
]


@pytest.mark.parametrize("case", STREAMED, ids=str)
def test_what_is_streamed(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: tuple[str, dict[str, Any], bool]
) -> None:
    (name, options, is_streamed), made, really = case, [], SrgbFile.expand_for

    def spy(file: SrgbFile, *arguments: Any, **options: Any) -> WideImage | StreamedPhotograph:
        made.append(really(file, *arguments, **options))
        return made[-1]

    monkeypatch.setattr(SrgbFile, "expand_for", spy)
    source = tmp_path / "source"
    source.write_bytes(files["jpeg"])
    expand_file(source, tmp_path / name, **options)
    assert [isinstance(wide, StreamedPhotograph) for wide in made] == [is_streamed]


def test_a_failure_leaves_no_file(files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "source"
    source.write_bytes(files["png"])
    main = threading.get_ident()

    def fail(*_: object) -> None:
        assert threading.get_ident() != main
        raise MemoryError

    monkeypatch.setattr(StripExpander, "__call__", fail)
    for suffix in (".tif", ".png"):
        with pytest.raises(MemoryError):
            expand_file(source, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == [source]

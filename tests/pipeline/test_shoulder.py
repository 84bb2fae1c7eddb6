"""PNGs and TIFFs with a shoulder: written, and read by everything that reads payloads."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from pictures import muted
from PIL import Image

import gamutmeta
from gamutmeta import carriers, edit
from gamutmeta.edit.edited import Edited
from gamutmeta.errors import BindingError, PhotoError
from gamutmeta.fit.config import PRESETS
from gamutmeta.measure.quality import measure
from gamutmeta.measure.visible import visible_change
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.arrays import expand_array
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import Reduction, reduce, reduce_file
from gamutmeta.pipeline.validate import validate_file
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytest.importorskip("torch")

PRESET = replace(PRESETS["small"], steps=200)


@pytest.fixture(scope="module")
def photo() -> WideImage:
    return WideImage(read_photo(CARROTS).array[60:300, 180:520])


@pytest.fixture(scope="module")
def reduced(photo: WideImage) -> Callable[..., Reduction]:
    known: dict[Any, Reduction] = {}

    def of(change: float = 1.0, format: Any = "png", preset: Any = PRESET) -> Reduction:  # noqa: A002
        key = change, format, preset
        if key not in known:
            known[key] = reduce(photo, preset=preset, format=format, visible_change=change, device="cpu")
        return known[key]

    return of


@pytest.fixture(scope="module")
def file(reduced: Callable[..., Reduction], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shoulder") / "photo.png"
    reduced().save(path)
    return path


def test_more_is_restored_within_the_budget(photo: WideImage, reduced: Callable[..., Reduction]) -> None:
    plain, made = reduced(0.0), reduced(1.0)
    assert made.report.psnr_og is not None
    assert plain.report.psnr_og is not None
    assert made.report.psnr_og > plain.report.psnr_og + 0.5
    assert made.report.psnr is not None
    assert plain.report.psnr is not None
    assert made.report.psnr > plain.report.psnr
    assert made.report.psnr_clip == plain.report.psnr_clip
    change = visible_change(made.pixels, plain.pixels)
    assert (made.report.visible_change, made.report.visible_change_99) == change
    assert 0 < change.percentile_99 <= 1
    assert 0 < change.mean <= 0.1
    assert made.payload.descriptor.shoulder is not None
    assert made.payload.to_bytes()[8:10] == b"\2\2"
    restored = expand(made.to_bytes()).array
    assert measure(photo.array, restored).psnr_og == pytest.approx(made.report.psnr_og)
    assert made.payload.to_bytes() == reduce(photo, preset=PRESET, visible_change=1.0, device="cpu").payload.to_bytes()


def test_0_is_version_1_as_ever(photo: WideImage, reduced: Callable[..., Reduction]) -> None:
    plain = reduce(photo, preset=PRESET, device="cpu")
    assert reduced(0.0).to_bytes() == plain.to_bytes()
    assert plain.payload.to_bytes()[8:10] == b"\1\1"
    assert plain.report.visible_change is None
    assert "visible_change" not in plain.report.to_json()


def test_a_budget_too_small_changes_nothing_and_says_so(reduced: Callable[..., Reduction]) -> None:
    made = reduced(1e-6)
    assert made.to_bytes() == reduced(0.0).to_bytes()
    assert (made.report.visible_change, made.report.visible_change_99) == (0, 0)
    assert any("no shoulder within the visible change would restore more" in note for note in made.report.notes)


def test_nothing_outside_srgb() -> None:
    made = reduce(WideImage(muted()), preset=PRESET, visible_change=1.0, device="cpu")
    assert made.payload.descriptor.is_empty
    assert made.payload.descriptor.shoulder is None
    assert made.report.visible_change == 0


def test_of_a_jpeg_it_is_not_used(reduced: Callable[..., Reduction]) -> None:
    made = reduced(1.0, "jpeg")
    assert any("a JPEG has no shoulder" in note for note in made.report.notes)
    assert made.to_bytes() == reduced(0.0, "jpeg").to_bytes()
    assert made.report.visible_change is None


def test_the_papers_model_knows_none(reduced: Callable[..., Reduction]) -> None:
    paper = replace(PRESETS["paper"], steps=100)
    made = reduced(1.0, "png", paper)
    assert made.payload.descriptor.shoulder is None
    assert any("the preset paper knows no shoulder" in note for note in made.report.notes)


@pytest.mark.parametrize("change", [-0.1, 2.1, float("nan"), float("inf"), "1", None, True])
def test_bounds(change: Any) -> None:
    with pytest.raises(PhotoError, match="the visible change can be 0 to 2"):
        ReduceOptions(visible_change=change)


def test_tiff_with_transparency(photo: WideImage) -> None:
    alpha = np.linspace(0, 65535, photo.array[..., 0].size).astype(np.uint16).reshape(photo.array.shape[:2])
    made = reduce(WideImage(photo.array, alpha=alpha), preset=PRESET, format="tiff", visible_change=1.0, device="cpu")
    wide = expand(made.to_bytes())
    assert wide.alpha is not None
    assert measure(photo.array, wide.array).psnr_og == pytest.approx(made.report.psnr_og)


def test_files(photo: WideImage, tmp_path: Path) -> None:
    photo.save(tmp_path / "wide.tif")
    target = tmp_path / "photo.png"
    report = reduce_file(tmp_path / "wide.tif", target, preset=PRESET, visible_change=1.0, device="cpu")
    said = json.loads(json.dumps(report.to_json()))
    assert 0 < said["visible_change"] < said["visible_change_99"] <= 1
    assert validate_file(target).is_good
    verified = verify_file(target, tmp_path / "wide.tif")
    assert verified.psnr_og == pytest.approx(report.psnr_og)
    assert verified.psnr_clip_og is not None
    assert report.psnr_clip_og == pytest.approx(verified.psnr_clip_og, abs=0.3)  # of the picture as it is


def test_arrays_and_the_plugin(file: Path, reduced: Callable[..., Reduction]) -> None:
    made = reduced()
    expected = expand(file).array
    np.testing.assert_array_equal(expand_array(made.payload, made.pixels), expected)
    gamutmeta.register()
    try:
        with Image.open(file) as image:
            np.testing.assert_array_equal(image.gamut_expand().array, expected)  # type: ignore[attr-defined]
        buffer = io.BytesIO()
        made.image.save(buffer, "PNG", gamut=made.payload)
        np.testing.assert_array_equal(expand(buffer.getvalue()).array, expected)
        with pytest.raises(BindingError, match="the last codes of a PNG or TIFF"):
            made.image.save(io.BytesIO(), "JPEG", gamut=made.payload)
    finally:
        gamutmeta.unregister()


def test_without_the_payload(file: Path) -> None:
    with pytest.raises(PhotoError, match="a PNG or TIFF cannot tell"):
        expand(file, samples="extended")


def test_a_shoulder_without_a_model(reduced: Callable[..., Reduction]) -> None:
    made = reduced()
    alone = Descriptor(shoulder=made.payload.descriptor.shoulder)
    payload = replace(made.payload, descriptor=alone, tensors=())
    wide = expand(replace(made, payload=payload).to_bytes())
    assert wide.notes == ("the payload contains no model: the result is what the picture's last codes hold",)
    np.testing.assert_array_equal(wide.array, expand_pixels(alone, {}, made.pixels))


def test_stripped_is_what_everybody_sees(file: Path, reduced: Callable[..., Reduction]) -> None:
    np.testing.assert_array_equal(decode_srgb(carriers.strip(file.read_bytes())), reduced().pixels)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_turned_and_cropped(file: Path, times: int) -> None:
    whole, picture = expand(file).array, Edited.of_file(file.read_bytes())
    turned = edit.rotate90(picture, times)
    np.testing.assert_array_equal(turned.expand().array, np.rot90(whole, times))
    part = edit.crop(picture, (40, 30, 200, 180))
    np.testing.assert_allclose(part.expand().array.astype(int), whole[30:180, 40:200], atol=2)
    assert part.payload.descriptor.shoulder == turned.payload.descriptor.shoulder is not None
    np.testing.assert_array_equal(expand(part.to_bytes("tiff")).array, part.expand().array)


def test_resized(photo: WideImage, reduced: Callable[..., Reduction]) -> None:
    height, width = photo.array.shape[0] // 2, photo.array.shape[1] // 2
    half = photo.array.reshape(height, 2, width, 2, 3).mean((1, 3)).astype(np.uint16)
    plain, made = (
        measure(half, edit.resize(Edited.of_file(reduced(change).to_bytes()), (width, height)).expand().array).psnr_og
        for change in (0.0, 1.0)
    )
    assert made > plain - 0.5


def test_an_edited_picture_is_no_jpeg(file: Path) -> None:
    part = edit.crop(Edited.of_file(file.read_bytes()), (40, 30, 200, 180))
    with pytest.raises(PhotoError, match="a JPEG cannot keep"):
        part.to_bytes("jpeg")

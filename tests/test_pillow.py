from __future__ import annotations

import functools
import importlib
import io
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pictures import QUICK, colourful, photograph
from PIL import Image, ImageOps, PngImagePlugin

from gamutmeta import carriers, edit, pillow
from gamutmeta.errors import (
    BindingError,
    CarrierError,
    ChecksumError,
    GamutMetaError,
    GamutMetaWarning,
    NoPayloadError,
    PayloadError,
)
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import Reduction, reduce
from gamutmeta.pipeline.srgb_file import find_payload

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("torch")

FORMATS = ("jpeg", "png", "tiff")
SUFFIX = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    pillow.register()
    yield
    pillow.unregister()


@pytest.fixture(scope="module")
def reductions() -> dict[str, Reduction]:
    return {f: reduce(photograph(), preset=QUICK, format=f, device="cpu") for f in FORMATS}  # type: ignore[arg-type]


@pytest.fixture
def files(reductions: dict[str, Reduction], tmp_path: Path) -> dict[str, Path]:
    paths = {f: tmp_path / f"picture{SUFFIX[f]}" for f in FORMATS}
    for format_, path in paths.items():
        reductions[format_].save(path)
    return paths


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("loaded", [False, True])
def test_equals_the_function(files: dict[str, Path], format_: str, loaded: bool) -> None:  # noqa: FBT001
    with Image.open(files[format_]) as image:
        if loaded:
            image.load()
        np.testing.assert_array_equal(np.asarray(image.gamut_expand()), expand(files[format_]).array)
        p3 = image.gamut_expand(space="display-p3")
    assert p3.space == "display-p3"


@pytest.mark.parametrize(("format_", "carrier"), [("jpeg", "com"), ("jpeg", "sidecar"), ("png", "sidecar")])
def test_equals_the_function_in_other_carriers(
    reductions: dict[str, Reduction], tmp_path: Path, format_: str, carrier: str
) -> None:
    path = tmp_path / f"x{SUFFIX[format_]}"
    reductions[format_].save(path, carrier=carrier)
    with Image.open(path) as image:
        np.testing.assert_array_equal(image.gamut_expand().array, expand(path).array)


@pytest.mark.parametrize("format_", FORMATS)
def test_streams(reductions: dict[str, Reduction], format_: str) -> None:
    data = reductions[format_].to_bytes()
    stream = io.BytesIO(data)
    image = Image.open(stream)
    image.load()
    np.testing.assert_array_equal(image.gamut_expand().array, expand(data).array)
    stream.close()
    np.testing.assert_array_equal(image.gamut_expand().array, expand(data).array)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", FORMATS)
def test_orientation_is_carried_and_the_coded_raster_expanded(format_: Any, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    wide = photograph(exif=b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0"))
    data = reduce(wide, preset=QUICK, format=format_, device="cpu").to_bytes()
    image = Image.open(io.BytesIO(data))
    restored = image.gamut_expand()
    assert restored.size == (96, 72)
    assert restored.orientation == orientation
    image.load()
    np.testing.assert_array_equal(image.gamut_expand().array, restored.array)


def _thumbnail(image: Image.Image) -> None:
    image.thumbnail((40, 40))


def _paste(image: Image.Image) -> None:
    image.paste((1, 2, 3), (4, 4, 9, 9))


def _draft(image: Image.Image) -> None:
    image.draft("RGB", (12, 9))


def _transpose(image: Image.Image) -> None:
    image.getexif()[0x0112] = 3
    ImageOps.exif_transpose(image, in_place=True)


@pytest.mark.parametrize("change", [_thumbnail, _paste, _draft, _transpose])
def test_a_picture_changed_in_place_is_refused(files: dict[str, Path], change: Any) -> None:
    with Image.open(files["jpeg"]) as image:
        change(image)
        with pytest.raises(BindingError, match="changed in memory"):
            image.gamut_expand()


@pytest.mark.parametrize(("kind", "format_"), [("TIFF", "tiff"), ("PNG", "png"), ("MPO", "jpeg")])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_further_picture_of_the_file_is_refused(
    reductions: dict[str, Reduction], kind: str, format_: str, *, loaded: bool
) -> None:
    first, other = reductions[format_].image, Image.fromarray(reductions[format_].pixels[::-1].copy())
    buffer = io.BytesIO()
    first.convert("RGB").save(buffer, kind, save_all=True, append_images=[other], quality=95)
    payload = reductions["png"].payload.to_bytes()
    with Image.open(io.BytesIO(carriers.embed(buffer.getvalue(), payload))) as image:
        image.seek(1)
        if loaded:
            image.load()
        with pytest.raises(BindingError, match=r"the first picture of the file, and this is picture 2 \(call seek"):
            image.gamut_expand()
        if kind != "MPO":  # this payload is not bound to a JPEG
            with pytest.raises(BindingError, match="picture 2"):
                edit.crop(image, (0, 0, 8, 8))
            image.seek(0)
            np.testing.assert_array_equal(image.gamut_expand().array, expand(reductions["png"].to_bytes()).array)


class Download(io.RawIOBase):
    """As the body of an HTTP response: read only, and forwards only."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)

    def readable(self) -> bool:
        return True


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("loaded", [False, True])
def test_a_download(reductions: dict[str, Reduction], format_: str, *, loaded: bool) -> None:
    data = reductions[format_].to_bytes()
    image = Image.open(Download(data))
    if loaded:
        image.load()
    np.testing.assert_array_equal(image.gamut_expand().array, expand(data).array)


def test_streams_that_are_closed(files: dict[str, Path]) -> None:
    expected = expand(files["jpeg"]).array
    with files["jpeg"].open("rb") as stream:
        image = Image.open(stream)
        image.load()
    np.testing.assert_array_equal(image.gamut_expand().array, expected)
    moved = files["jpeg"].rename(files["jpeg"].with_suffix(".moved"))
    with pytest.raises(CarrierError, match="the stream this picture was read from is closed") as caught:
        image.gamut_expand()
    assert caught.value.code == "carrier"
    memory = io.BytesIO(moved.read_bytes())
    image = Image.open(memory)
    image.load()
    memory.close()
    np.testing.assert_array_equal(image.gamut_expand().array, expected)


@pytest.mark.parametrize("copy", [lambda im: im.copy(), lambda im: im.crop((0, 0, 8, 8)), lambda im: im.convert("RGB")])
def test_a_copy_has_lost_its_payload(files: dict[str, Path], copy: Any) -> None:
    with Image.open(files["png"]) as image:
        other = copy(image.convert("RGBA"))
    with pytest.raises(NoPayloadError, match="copies, crops and conversions"):
        other.gamut_expand()


def test_a_picture_opened_before_registration_still_works(files: dict[str, Path]) -> None:
    pillow.unregister()
    with Image.open(files["jpeg"]) as image:
        pillow.register()
        np.testing.assert_array_equal(image.gamut_expand().array, expand(files["jpeg"]).array)


def test_opening_parses_nothing(reductions: dict[str, Reduction]) -> None:
    for format_ in ("jpeg", "tiff"):  # PNG is below: a chunk whose own CRC is wrong is refused by Pillow itself
        data = bytearray(reductions[format_].to_bytes("com" if format_ == "jpeg" else None))
        if format_ == "tiff":
            data[data.index(carriers.MAGIC) + 60] ^= 1
        else:
            start = data.index(b"gamutmeta") + 40
            data[start : start + 4] = b"AAAA" if data[start : start + 4] != b"AAAA" else b"BBBB"
        image = Image.open(io.BytesIO(bytes(data)))
        image.load()
        with pytest.raises(GamutMetaError):
            image.gamut_expand()


def test_a_png_with_a_damaged_payload_in_a_sound_chunk_opens(reductions: dict[str, Reduction]) -> None:
    reduction = reductions["png"]
    container = bytearray(reduction.payload.to_bytes())
    container[50] ^= 1
    image = Image.open(io.BytesIO(carriers.embed(reduction.to_bytes("sidecar"), bytes(container))))
    image.load()
    with pytest.raises(ChecksumError):
        image.gamut_expand()


@pytest.mark.parametrize("format_", FORMATS)
def test_saving(reductions: dict[str, Reduction], tmp_path: Path, format_: str) -> None:
    path = tmp_path / f"x{SUFFIX[format_]}"
    reduction = reductions[format_]
    options = {"quality": 95, "subsampling": "4:4:4"} if format_ == "jpeg" else {}
    with warnings.catch_warnings():
        # Pillow's tables may differ from the encoder's; what matters is that colours come back.
        warnings.simplefilter("ignore" if format_ == "jpeg" else "error", GamutMetaWarning)
        reduction.image.save(path, gamut=reduction.payload, **options)
    assert find_payload(path.read_bytes()).carrier == carriers.carrier_for(format_)
    restored = expand(path).array.astype(float)
    assert np.abs(restored - expand(reduction.to_bytes()).array).mean() < 200


def test_saving_takes_the_bytes_of_a_payload_and_a_carrier(reductions: dict[str, Reduction]) -> None:
    reduction = reductions["png"]
    file = io.BytesIO()
    reduction.image.save(file, "PNG", gamut=reduction.payload.to_bytes(), gamut_carrier="itxt")
    np.testing.assert_array_equal(expand(file.getvalue()).array, expand(reduction.to_bytes()).array)
    with pytest.raises(PayloadError):
        reduction.image.save(io.BytesIO(), "PNG", gamut=b"rubbish")
    with pytest.raises(CarrierError):
        reduction.image.save(io.BytesIO(), "PNG", gamut=reduction.payload, gamut_carrier="com")


def test_saving_a_lossless_fit_as_jpeg_warns_and_still_restores(reductions: dict[str, Reduction]) -> None:
    reduction = reductions["png"]
    file = io.BytesIO()
    with pytest.warns(GamutMetaWarning, match="another encoding"):
        reduction.image.save(file, "JPEG", quality=95, gamut=reduction.payload)
    assert find_payload(file.getvalue()).payload.binding.kind == "jpeg"
    assert expand(file.getvalue()).size == (96, 72)


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_saving_another_picture_with_it_is_refused(reductions: dict[str, Reduction], format_: str) -> None:
    reduction = reductions["png"]
    other = reduction.image
    other.putpixel((3, 3), (1, 2, 3))
    with pytest.raises(BindingError, match="other pixels"):
        other.save(io.BytesIO(), format_, gamut=reduction.payload)
    with pytest.raises(BindingError, match="96x72 pixels, this picture has 48x36"):
        reduction.image.resize((48, 36)).save(io.BytesIO(), format_, gamut=reduction.payload)


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "HSV"])
def test_pictures_of_other_colours_take_no_gamut(reductions: dict[str, Reduction], mode: str) -> None:
    rgb = Image.fromarray(reductions["jpeg"].pixels)
    picture = rgb.convert(mode) if mode != "LAB" else Image.new("LAB", rgb.size)
    buffer = io.BytesIO()
    with pytest.raises(BindingError, match=f"this one has the mode {mode}: convert it to RGB, or save it"):
        picture.save(buffer, "JPEG" if mode == "CMYK" else "TIFF", gamut=reductions["jpeg"].payload)
    assert buffer.getvalue() == b""


@pytest.mark.parametrize("gamut", [True, 3, "payload", Path("a.gamut"), object()])
def test_what_is_no_payload_is_told(reductions: dict[str, Reduction], gamut: object) -> None:
    with pytest.raises(
        PayloadError, match=f"must be a gamutmeta.Payload or the bytes of one, not {type(gamut).__name__}"
    ):
        reductions["png"].image.save(io.BytesIO(), "PNG", gamut=gamut)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_bytes_of_a_payload_are_taken(reductions: dict[str, Reduction], kind: Any) -> None:
    buffer = io.BytesIO()
    reductions["png"].image.save(buffer, "PNG", gamut=kind(reductions["png"].payload.to_bytes()))
    assert carriers.extract(buffer.getvalue()).container == reductions["png"].payload.to_bytes()


def test_a_jpeg_coded_as_rgb_takes_no_gamut(reductions: dict[str, Reduction]) -> None:
    picture, payload = Image.fromarray(reductions["png"].pixels), reductions["png"].payload
    buffer = io.BytesIO()
    with pytest.raises(BindingError, match="a marker which tools remove; leave keep_rgb out"):
        picture.save(buffer, "JPEG", keep_rgb=True, gamut=payload)
    assert buffer.getvalue() == b""


def test_several_pictures_take_no_gamut(reductions: dict[str, Reduction]) -> None:
    image = reductions["png"].image
    for format_ in ("PNG", "TIFF"):
        with pytest.raises(CarrierError, match="save_all"):
            image.save(io.BytesIO(), format_, save_all=True, append_images=[image], gamut=reductions["png"].payload)
        image.save(io.BytesIO(), format_, save_all=True, append_images=[image])


def test_saving_without_gamut_is_untouched() -> None:
    image = Image.fromarray((colourful(20, 30) >> 8).astype(np.uint8))
    for format_ in ("JPEG", "PNG", "TIFF", "MPO"):
        with_plugin, without = io.BytesIO(), io.BytesIO()
        image.save(with_plugin, format_)
        pillow.unregister()
        image.save(without, format_)
        pillow.register()
        assert with_plugin.getvalue() == without.getvalue()


def test_registration_is_idempotent_and_can_be_undone() -> None:
    pillow.unregister()
    before = dict(Image.OPEN), dict(Image.SAVE), dict(Image.SAVE_ALL)
    pillow.register()
    after = dict(Image.OPEN), dict(Image.SAVE), dict(Image.SAVE_ALL)
    pillow.register()
    assert (dict(Image.OPEN), dict(Image.SAVE), dict(Image.SAVE_ALL)) == after
    assert before[0]["JPEG"] != after[0]["JPEG"]
    pillow.unregister()
    pillow.unregister()
    assert (dict(Image.OPEN), dict(Image.SAVE), dict(Image.SAVE_ALL)) == before
    assert not hasattr(Image.Image, "gamut_expand")


def test_a_strangers_method_is_not_shadowed(monkeypatch: pytest.MonkeyPatch) -> None:
    pillow.unregister()
    monkeypatch.setattr(Image.Image, "gamut_expand", lambda _: None, raising=False)
    with pytest.raises(GamutMetaError, match="already"):
        pillow.register()
    assert not getattr(Image.OPEN["JPEG"][0], "gamutmeta", False)


def test_a_strangers_handler_survives_unregistering(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = lambda *_: None  # noqa: E731
    monkeypatch.setitem(Image.SAVE, "PNG", stranger)
    pillow.unregister()
    assert Image.SAVE["PNG"] is stranger


def test_the_module_that_registers_by_itself() -> None:
    pillow.unregister()
    sys.modules.pop("gamutmeta.autoregister", None)
    importlib.import_module("gamutmeta.autoregister")
    assert Image.Image.gamut_expand is pillow.gamut_expand  # type: ignore[attr-defined]


def test_registering_leaves_other_plugins_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    Image.new("P", (5, 5)).save(path)
    with Image.open(path) as image, pytest.raises(CarrierError):
        image.gamut_expand()


def _wrapped(handler: Any) -> Any:
    """As other libraries wrap: functools.wraps copies every attribute."""

    @functools.wraps(handler)
    def wrapper(*arguments: Any) -> Any:
        return handler(*arguments)

    return wrapper


class TestRegistrations:
    def test_a_wrapper_of_another_library_stays(self, files: dict[str, Path]) -> None:
        factory, accept = Image.OPEN["PNG"]
        opener, saver = _wrapped(factory), _wrapped(Image.SAVE["PNG"])
        Image.register_open("PNG", opener, accept)
        Image.register_save("PNG", saver)
        try:
            pillow.unregister()
            assert Image.OPEN["PNG"] == (opener, accept)
            assert Image.SAVE["PNG"] is saver
            with Image.open(files["png"]) as image:
                assert not hasattr(image, "_gamutmeta_origin"), "what is wrapped does nothing more"
                image.save(io.BytesIO(), "PNG", gamut=b"not looked at")
        finally:
            Image.OPEN["PNG"] = (PngImagePlugin.PngImageFile, accept)
            Image.SAVE["PNG"] = PngImagePlugin._save

    @pytest.mark.parametrize("registry", ["OPEN", "SAVE", "SAVE_ALL"])
    def test_a_format_that_was_removed_stays_removed(self, registry: str) -> None:
        handlers = getattr(Image, registry)
        pillow.unregister()
        before = dict(handlers)
        pillow.register()
        del handlers["PNG"]
        try:
            pillow.unregister()
            assert dict(handlers) == {name: handler for name, handler in before.items() if name != "PNG"}
            assert not hasattr(Image.Image, "gamut_expand")
        finally:
            handlers.clear()
            handlers.update(before)

    def test_without_a_format_the_others_are_registered(self) -> None:
        pillow.unregister()
        before = Image.OPEN.pop("TIFF")
        try:
            pillow.register()
            assert "TIFF" not in Image.OPEN
            assert Image.OPEN["PNG"][0] is not PngImagePlugin.PngImageFile
        finally:
            pillow.unregister()
            Image.OPEN["TIFF"] = before

    def test_many_threads(self) -> None:
        pillow.unregister()
        before = [dict(registry) for registry in (Image.OPEN, Image.SAVE, Image.SAVE_ALL)]

        def work(number: int) -> None:
            for _ in range(50):
                (pillow.register, pillow.unregister)[number % 2]()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        pillow.unregister()
        assert [dict(registry) for registry in (Image.OPEN, Image.SAVE, Image.SAVE_ALL)] == before

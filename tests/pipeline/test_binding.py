"""Which picture a payload belongs to: the same in every file and coding that keeps the pixels."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carriers.hosts import (
    CONTAINER,
    HOSTS,
    PILLOW_CANNOT_READ,
    PNG_HOSTS,
    TIFF_HOSTS,
    adam7,
    jpeg,
    pillow_bytes,
    pixels,
    png,
    tiff,
)
from carrots import CARROTS
from click.testing import CliRunner
from PIL import Image

import gamutmeta
from gamutmeta import edit
from gamutmeta.carriers import coded_digest, embed
from gamutmeta.cli import app
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container import Payload
from gamutmeta.errors import BindingError, CarrierError, GamutMetaWarning, PhotoError, UnsupportedFileError
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.measure.likeness import compare_likeness, likeness_of
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.photo.pixels import decode_srgb, decode_sycc
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.binding import (
    binding_of_codes,
    binding_of_file,
    binding_of_jpeg,
    check_binding,
    check_size,
    decode_for,
)
from gamutmeta.pipeline.srgb_file import find_payload

if TYPE_CHECKING:
    from pathlib import Path

DIGESTIBLE = sorted(HOSTS.keys() - {"png/16-bit", "tiff/16-bit"} - {f"tiff/{name}" for name in PILLOW_CANNOT_READ})


@pytest.mark.parametrize("name", DIGESTIBLE)
def test_embedding_keeps_the_binding(name: str) -> None:
    binding = binding_of_file(HOSTS[name])
    assert binding.kind == ("jpeg" if name.startswith("jpeg") else "rgb8")
    assert binding_of_file(embed(HOSTS[name], CONTAINER)) == binding


@pytest.mark.parametrize("name", sorted(PNG_HOSTS.keys() - {"16-bit"}))
def test_png_binding_is_that_of_the_samples_as_rgb(name: str) -> None:
    with Image.open(io.BytesIO(PNG_HOSTS[name])) as image:
        image.load()
        image.info.pop("transparency", None)
        expected = binding_of_codes(np.asarray(image.convert("RGB")))
    assert binding_of_file(PNG_HOSTS[name]) == expected


def test_rgb_pictures_have_one_binding_in_every_file() -> None:
    expected = binding_of_codes(pixels())
    for data in (PNG_HOSTS["plain"], PNG_HOSTS["alpha"], PNG_HOSTS["interlaced"], PNG_HOSTS["text"]):
        assert binding_of_file(data) == expected
    for name in ("striped", "big-endian", "bigtiff", "tiled", "deflate", "lzw", "planar", "pages", "oriented"):
        assert binding_of_file(TIFF_HOSTS[name]) == expected


def test_a_jpeg_of_rgb_is_bound_to_being_rgb(tmp_path: Path) -> None:
    """jhead -purejpg puts a JFIF segment in the place of Adobe's; the digest stays, the colours do not."""
    coded = pillow_bytes(Image.fromarray(pixels()), "JPEG", keep_rgb=True)
    container = Payload(*pixels().shape[1::-1], binding_of_jpeg(coded), Descriptor(), ()).to_bytes()
    file, cleaned, sidecar = tmp_path / "rgb.jpg", tmp_path / "cleaned.jpg", tmp_path / "rgb.gmt"
    file.write_bytes(embed(coded, container))
    sidecar.write_bytes(container)
    without_adobe = coded.replace(make_segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"), b"")
    assert len(without_adobe) == len(coded) - 16
    jfif = without_adobe[:2] + make_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0") + without_adobe[2:]
    cleaned.write_bytes(embed(jfif, container))
    assert coded_digest(jfif) == coded_digest(coded)
    assert not np.array_equal(decode_srgb(jfif), decode_srgb(coded))
    for fine in (file.read_bytes(), embed(without_adobe, container)):
        assert np.array_equal(gamutmeta.expand(fine).array, gamutmeta.expand(file).array)
    with pytest.raises(BindingError, match="the JPEG contradicts itself: its JFIF segment says YCbCr"):
        gamutmeta.expand(cleaned)
    with pytest.raises(BindingError, match="save it as an ordinary JPEG"):
        binding_of_file(jfif)
    jfif_file = tmp_path / "jfif.jpg"
    jfif_file.write_bytes(jfif)
    arguments = ["attach", str(jfif_file), str(sidecar), "-o", str(tmp_path / "o.jpg"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, json.loads(done.stdout)["error"]["code"]) == (1, "binding")
    assert not (tmp_path / "o.jpg").exists()


@pytest.mark.parametrize("options", [{"compress_level": 0}, {"compress_level": 9}, {"optimize": True}])
def test_lossless_recompression_keeps_the_binding(options: dict[str, Any]) -> None:
    assert png(**options) != PNG_HOSTS["plain"]
    assert binding_of_file(png(**options)) == binding_of_file(PNG_HOSTS["plain"])


def test_reduction_to_a_palette_of_few_bits_keeps_the_binding() -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[::2, 1::3] = (250, 128, 3)
    as_rgb = Image.fromarray(rgb)
    small = pillow_bytes(as_rgb.quantize(2), "PNG", bits=1)
    assert small[24] == 1
    assert binding_of_file(small) == binding_of_file(pillow_bytes(as_rgb, "PNG")) == binding_of_codes(rgb)


def test_every_pixel_counts() -> None:
    for y, x, channel in ((0, 0, 0), (10, 15, 1), (20, 29, 2)):
        rgb = pixels().copy()
        rgb[y, x, channel] ^= 1
        assert binding_of_file(adam7(rgb)) != binding_of_file(PNG_HOSTS["interlaced"])
        assert binding_of_file(tiff(rgb)) != binding_of_file(TIFF_HOSTS["striped"])


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_not_applied(orientation: int, compression: str | None) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = pillow_bytes(Image.fromarray(pixels()), "TIFF", exif=exif, compression=compression)
    assert binding_of_file(data) == binding_of_codes(pixels())


def test_orientation_in_xmp_is_not_applied() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    data = tiff(extratags=[(700, 1, len(xmp), xmp, True)])
    assert binding_of_file(data) == binding_of_codes(pixels())


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow, of the TIFF that ends early
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PNG_HOSTS["16-bit"], "16 bits"),
        (TIFF_HOSTS["16-bit"], "16 bits"),
        (tiff(pixels()[..., 0].astype(np.float32), photometric="minisblack"), "32 bits"),
        (pillow_bytes(Image.new("CMYK", (3, 3)), "TIFF"), "CMYK"),
        (PNG_HOSTS["plain"][:60], "cannot be decoded"),
        (TIFF_HOSTS["lzw"][:60], "cannot be decoded"),
    ],
)
def test_what_has_no_8_bit_rgb_samples_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        binding_of_file(data)


def test_number_of_pixels_is_bounded_before_decoding() -> None:
    for data in (PNG_HOSTS["plain"], TIFF_HOSTS["striped"]):
        assert binding_of_file(data, max_pixels=630)
        with pytest.raises(PhotoError, match="limit of 629"):
            binding_of_file(data, max_pixels=629)
    huge = bytearray(PNG_HOSTS["plain"])
    huge[16:24] = struct.pack(">II", 100_000, 100_000)
    with pytest.raises(PhotoError):
        binding_of_file(bytes(huge))


def test_other_files_are_unsupported() -> None:
    with pytest.raises(UnsupportedFileError):
        binding_of_file(b"GIF89a")


def test_the_payload_of_another_picture_is_refused() -> None:
    codes, other = pixels(), pixels()[::-1].copy()
    height, width = codes.shape[:2]
    own = Payload(width, height, binding_of_codes(codes), Descriptor(), ())
    check_binding(own, b"", codes)
    with pytest.raises(BindingError, match="the pixels differ"):
        check_binding(own, b"", other)
    coded = own.bind(width, height, binding_of_jpeg(jpeg()))
    check_binding(coded, jpeg(), codes)
    with pytest.raises(BindingError, match="the coded picture data differ"):
        check_binding(coded, jpeg(quality=30), codes)
    with pytest.raises(BindingError, match="but this is a PNG file"):
        check_binding(coded, png(), codes)
    with pytest.raises(BindingError, match="there is no JPEG file"):
        check_binding(coded, b"", codes)
    check_size(own, width, height)
    with pytest.raises(BindingError, match=f"made for {width}x{height} pixels, this picture has {height}x{width}"):
        check_size(own, height, width)


# --- a likeness ------------------------------------------------------------------------------------------------------

SIZE = (360, 288)


def photograph(box: tuple[int, int, int, int] = (40, 30, 400, 318)) -> Image.Image:
    """A part of the demonstration's photograph as YCbCr, with more chroma than sRGB holds."""
    left, top, right, bottom = box
    wide = read_photo(CARROTS).array[top:bottom, left:right]
    y, cb, cr = Image.fromarray(reduce_to_codes(wide, Adaptation.BRADFORD)[0]).convert("YCbCr").split()
    stronger = [plane.point([min(max(round(128 + 1.2 * (c - 128)), 0), 255) for c in range(256)]) for plane in (cb, cr)]
    return Image.merge("YCbCr", (y, *stronger))


def coded(image: Image.Image, **options: Any) -> bytes:
    return pillow_bytes(image, "JPEG", **{"quality": 95, "subsampling": 0, **options})


def of_rgb(data: bytes) -> Image.Image:
    """What other software has of it."""
    return Image.fromarray(decode_srgb(data))


@pytest.fixture(scope="module")
def original() -> bytes:
    assert photograph().size == SIZE
    return coded(photograph())


def bound_to(data: bytes, samples: SampleCoding = SampleCoding.SYCC) -> Payload:
    model, size = Descriptor(samples=samples), of_rgb(data).size
    return Payload(*size, binding_of_file(data), model, (), likeness_of(decode_srgb(data)))


def note_on(payload: Payload, data: bytes) -> str | None:
    """What is said of a file whose payload is this one."""
    return check_binding(payload, data, decode_for(payload, data)[0])


each_coding = pytest.mark.parametrize("samples", SampleCoding)


@each_coding
def test_nothing_is_said_of_the_very_picture(original: bytes, samples: SampleCoding) -> None:
    assert note_on(bound_to(original, samples), original) is None
    # The digest decides, whatever the likeness is.
    assert note_on(replace(bound_to(original, samples), likeness=bytes(71)), original) is None


@each_coding
@pytest.mark.parametrize("options", [{"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 5}], ids=str)
def test_the_same_samples_in_other_coded_data(original: bytes, samples: SampleCoding, options: dict[str, Any]) -> None:
    """As jpegtran makes them."""
    other = coded(photograph(), **options)
    assert binding_of_jpeg(other) != binding_of_jpeg(original)
    assert np.array_equal(decode_sycc(other), decode_sycc(original))
    note = note_on(bound_to(original, samples), other)
    assert note is not None
    assert note.startswith(
        "the picture was re-encoded, or slightly damaged, after the payload was made; it looks the same"
    )
    assert note.endswith("the colours may be less exact")


CLIPPED = (
    ": hardly any of its samples lies outside sRGB by more than coding noise can make; if they were clipped, only part"
    " of the colours is restored"
)


def test_nobody_says_that_colours_were_lost_which_coding_noise_hides() -> None:
    first, other = (coded(photograph(), quality=30, progressive=progressive) for progressive in (False, True))
    assert np.array_equal(decode_sycc(other), decode_sycc(first))
    note = note_on(bound_to(first), other)
    assert note is not None
    assert note.endswith(CLIPPED)


@each_coding
@pytest.mark.parametrize("subsampling", [0, 2])
def test_re_encoded(original: bytes, samples: SampleCoding, subsampling: int) -> None:
    other = coded(of_rgb(original), quality=80, subsampling=subsampling)
    note = note_on(bound_to(original, samples), other)
    assert note is not None
    assert note.startswith("the picture was re-encoded, or slightly damaged, after")
    assert note.endswith(CLIPPED) == (samples is SampleCoding.SYCC)


@each_coding
@pytest.mark.parametrize("quality", [80, 95])
def test_half_size(original: bytes, samples: SampleCoding, quality: int) -> None:
    other = coded(of_rgb(original).resize((180, 144), Image.Resampling.LANCZOS), quality=quality)
    note = note_on(bound_to(original, samples), other)
    assert note is not None
    assert note.startswith("the picture was resized from 360x288 to 180x144 pixels after the payload was made")


def moved(image: Image.Image) -> Image.Image:
    return image.crop((0, 8, 360, 288)).resize(SIZE)


CHANGED: dict[str, tuple[Any, str]] = {
    "cropped": (lambda image: image.crop((16, 0, 360, 288)), "aspect ratio"),
    "cropped and resized back": (moved, "top edge|luma|chroma|spot|cell|mean|shift"),
    "mirrored": (lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "luma|cell|spot|mean"),
    "turned by 90 degrees": (lambda image: image.transpose(Image.Transpose.ROTATE_90), "aspect ratio"),
    "turned by 180 degrees": (lambda image: image.transpose(Image.Transpose.ROTATE_180), "luma|cell|spot|mean"),
    "brighter": (lambda image: image.point(lambda code: min(255, round(code * 1.08))), "exposure|luma|mean"),
    "tiny": (lambda image: image.resize((60, 48)), "size"),
    "another": (lambda _: of_rgb(coded(photograph((200, 100, 560, 388)))), "luma|cell|spot|mean"),
}


@each_coding
@pytest.mark.parametrize("name", CHANGED)
def test_edited_and_other_pictures(original: bytes, samples: SampleCoding, name: str) -> None:
    change, measures = CHANGED[name]
    with pytest.raises(BindingError, match=rf"and the picture does not look the same \(.*({measures}).*\)$") as caught:
        note_on(bound_to(original, samples), coded(change(of_rgb(original))))
    assert ("pixels, this picture has" in str(caught.value)) == (name in {"cropped", "turned by 90 degrees", "tiny"})


def test_without_a_likeness_the_digest_decides(original: bytes) -> None:
    with pytest.raises(BindingError, match=r"digest mismatch\)$"):
        note_on(replace(bound_to(original), likeness=None), coded(photograph(), progressive=True))


def test_pixels_of_lossless_files_may_have_a_likeness(original: bytes) -> None:
    whole = pillow_bytes(of_rgb(original), "PNG")
    payload = bound_to(whole, SampleCoding.SRGB)
    assert note_on(payload, whole) is None
    for other in (coded(of_rgb(original), quality=85), pillow_bytes(of_rgb(original).resize((180, 144)), "PNG")):
        assert "it looks the same" in (note_on(payload, other) or "")
    with pytest.raises(BindingError, match="does not look the same"):
        note_on(payload, pillow_bytes(of_rgb(original).crop((9, 0, 360, 288)), "PNG"))


def test_files_without_such_samples_are_refused_whatever_they_look_like(original: bytes) -> None:
    payload = bound_to(original)
    gray = coded(of_rgb(original).convert("L"))
    alike = replace(payload, likeness=likeness_of(decode_srgb(gray)))
    samples = decode_sycc(original)
    for data, message in (
        (pillow_bytes(of_rgb(original), "PNG"), "but this is a PNG file"),
        (gray, "this one is not coded as YCbCr"),
        (coded(of_rgb(original), keep_rgb=True), "this one is not coded as YCbCr"),
        (b"", "there is no JPEG file"),
    ):
        with pytest.raises(BindingError, match=message):
            check_binding(alike if data is gray else payload, data, samples)


def test_a_jpeg_that_is_cut_off_is_damaged(original: bytes) -> None:
    with pytest.raises(CarrierError) as caught:
        check_binding(bound_to(original), original[:-2], decode_sycc(original))
    assert caught.value.code == "carrier"


def test_attach(original: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.gamut").write_bytes(bound_to(original).to_bytes())
    files = {
        "plain": original,
        "recoded": coded(of_rgb(original), quality=80),
        "half": coded(of_rgb(original).resize((180, 144))),
        "cropped": coded(of_rgb(original).crop((16, 0, 360, 288))),
        "picture": pillow_bytes(of_rgb(original), "PNG"),
    }
    answers = {}
    for name, data in files.items():
        path = tmp_path / f"{name}.{'png' if name == 'picture' else 'jpg'}"
        path.write_bytes(data)
        arguments = [
            "attach",
            str(path),
            str(tmp_path / "x.gamut"),
            "-o",
            str(path.with_stem(f"{name}-whole")),
            "--json",
        ]
        answers[name] = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout.splitlines()[0])
    assert not answers["plain"].get("notes")
    assert "re-encoded" in answers["recoded"]["notes"][0]
    assert "resized from 360x288 to 180x144" in answers["half"]["notes"][0]
    for name, message in (("cropped", "does not look the same"), ("picture", "this is a PNG file")):
        assert answers[name]["error"]["code"] == "binding"
        assert message in answers[name]["error"]["message"]
    for name in ("recoded", "half"):
        wide = gamutmeta.expand(tmp_path / f"{name}-whole.jpg")
        assert any("it looks the same" in note for note in wide.notes)


def test_edits_give_a_likeness_of_their_own(original: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "photo.jpg"
    whole.write_bytes(embed(original, bound_to(original).to_bytes()))
    with Image.open(whole) as image:
        cropped = edit.crop(image, (24, 16, 344, 272))
    cropped.save(tmp_path / "cropped.jpg", quality=95)
    data = (tmp_path / "cropped.jpg").read_bytes()
    payload = find_payload(data).payload
    assert payload.likeness == likeness_of(decode_srgb(data))
    again = coded(of_rgb(data), quality=85)
    (tmp_path / "again.jpg").write_bytes(embed(again, payload.to_bytes()))
    wide = gamutmeta.expand(tmp_path / "again.jpg")
    assert wide.size == (320, 256)
    assert any("re-encoded" in note for note in wide.notes)
    # It is no likeness of the picture before the crop, nor is that one's of it.
    for made_for, other in ((payload, original), (bound_to(original), again)):
        with pytest.raises(BindingError, match="does not look the same"):
            note_on(made_for, other)


def test_an_edit_of_a_re_encoded_file_says_so(original: bytes, tmp_path: Path) -> None:
    path = tmp_path / "recoded.jpg"
    path.write_bytes(embed(coded(of_rgb(original), quality=85), bound_to(original).to_bytes()))
    with pytest.warns(GamutMetaWarning, match="re-encoded"), Image.open(path) as image:
        edit.crop(image, (24, 16, 344, 272))


def test_a_picture_with_the_same_means_deceives_it(original: bytes) -> None:
    """Pixels in disorder, each within its cell: a likeness is no protection."""
    codes = decode_srgb(original)
    rng = np.random.default_rng(1)
    cells = codes[:280].reshape(40, 7, 40, 9, 3).transpose(0, 2, 1, 3, 4).reshape(1600, 63, 3)
    shuffled = rng.permuted(cells, axis=1).reshape(40, 40, 7, 9, 3).transpose(0, 2, 1, 3, 4).reshape(280, 360, 3)
    payload = Payload(360, 280, binding_of_codes(codes[:280]), Descriptor(), (), likeness_of(codes[:280]))
    assert "looks the same" in (check_binding(payload, b"", shuffled) or "")


def test_a_likeness_finds_the_picture_among_others(original: bytes) -> None:
    """Also where the digest would not, since it was re-encoded: a lone payload says that much of its picture."""
    others = [coded(photograph((x, y, x + 360, y + 288)), quality=80) for x in (0, 120, 240) for y in (0, 110)]
    candidates = [*others, coded(of_rgb(original).resize((180, 144)), quality=80)]
    size = (360, 288)
    alike = [compare_likeness(likeness_of(decode_srgb(original)), size, decode_srgb(data)).alike for data in candidates]
    assert alike == [False] * len(others) + [True]

"""Pages as files: what is in them, and when there is none."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import tomllib
from base64 import b64decode, b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import QUICK
from click.testing import CliRunner
from interop.demand import go_without
from photo_files import dng_bytes
from PIL import Image
from view import browser

import gamutmeta
from gamutmeta import carriers
from gamutmeta.cli import app
from gamutmeta.container import Payload
from gamutmeta.errors import BindingError, NoPayloadError, OutputExistsError, PhotoError
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.pipeline.comparison import compare_files
from gamutmeta.pipeline.verify import verify_file
from gamutmeta.view import write_page
from gamutmeta.view.html import decoder_folder, page_html

if TYPE_CHECKING:
    from click.testing import Result

ROOT = Path(__file__).parents[2]


def block(html: str, name: str) -> str:
    """The text of one of the page's data blocks."""
    found = re.search(rf'<script type="[\w/]+" id="{name}">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return found[1]


def picture(page: Path) -> bytes:
    return b64decode(block(page.read_text(encoding="utf-8"), "picture-data"), validate=True)


def data(page: Path) -> Any:
    return json.loads(block(page.read_text(encoding="utf-8"), "page-data"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_raw_reference_is_developed_as_it_was_reduced(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    raw, srgb = tmp_path / "wall.dng", tmp_path / "wall.png"
    raw.write_bytes(dng_bytes())
    gamutmeta.reduce_file(raw, srgb, preset=QUICK, raw_style="vivid")
    options = ["--raw-style", "vivid", "--json"]
    result = run("view", srgb, "--reference", raw, "-o", tmp_path / "page.html", *options)
    psnr = json.loads(result.stdout)["psnr"]
    assert psnr is None or psnr > 50  # null: not one sample differs


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_name_that_is_no_text(pictures: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/f\xfcr.jpg"))
    shutil.copy(pictures / "photo.jpg", odd)
    write_page(odd, tmp_path / "page.html")
    assert data(tmp_path / "page.html")["name"] == "f\N{REPLACEMENT CHARACTER}r.jpg"


def test_the_file_is_in_the_page_byte_for_byte(pictures: Path, tmp_path: Path) -> None:
    result = run("view", pictures / "photo.jpg", "-o", tmp_path / "page.html", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["output"], report["carrier"]) == (str(tmp_path / "page.html"), "app11")
    assert report["file_bytes"] == (pictures / "photo.jpg").stat().st_size
    assert picture(tmp_path / "page.html") == (pictures / "photo.jpg").read_bytes()
    assert data(tmp_path / "page.html") == {"name": "photo.jpg", "unbound": False}


def test_a_reference_travels_small(pictures: Path, tmp_path: Path) -> None:
    result = run(
        "view", pictures / "photo.png", "--reference", pictures / "wide.tif", "-o", tmp_path / "page.html", "--json"
    )
    report = json.loads(result.stdout)
    assert report["psnr_og"] > report["psnr_clip_og"] + 3
    reference = data(tmp_path / "page.html")["reference"]
    assert reference["report"]["psnr_og"] == report["psnr_og"]
    assert reference["name"] == "wide.tif"
    for name in ("clipped", "restored"):
        with Image.open(BytesIO(b64decode(reference["errors"][name]))) as image:
            assert (image.mode, image.size) == ("L", (64, 96))
    with Image.open(BytesIO(b64decode(reference["original"]))) as image:
        assert image.size == (64, 96)
        assert (
            image.info["icc_profile"] == gamutmeta.read_photo(pictures / "wide.tif").convert("display-p3").icc_profile
        )
    assert len(reference["errors"]["colours"]) == 256
    assert str(tmp_path.parent) not in (tmp_path / "page.html").read_text(encoding="utf-8")
    write_page(pictures / "photo.png", tmp_path / "again.html", reference=pictures / "wide.tif")
    assert (tmp_path / "again.html").read_bytes() == (tmp_path / "page.html").read_bytes()
    for clipped, restored in reference["difference"].values():
        assert 0 < restored < clipped


def test_a_tiff_becomes_a_png_that_its_payload_fits(pictures: Path, tmp_path: Path) -> None:
    report = write_page(pictures / "photo.tif", tmp_path / "page.html")
    assert report.notes == ("browsers do not show TIFF: the page contains a PNG of the same samples",)
    png = picture(tmp_path / "page.html")
    assert carriers.host_format(png) == "png"
    restored, expected = gamutmeta.expand(png), gamutmeta.expand(pictures / "photo.tif")
    assert np.array_equal(restored.array, expected.array)
    assert restored.orientation == expected.orientation == 6


def test_a_payload_beside_its_file(pictures: Path, tmp_path: Path) -> None:
    whole = (pictures / "photo.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(carriers.strip(whole))
    with pytest.raises(NoPayloadError):
        write_page(tmp_path / "x.jpg", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
    (tmp_path / "x.jpg.gamut").write_bytes(carriers.extract(whole).container)
    write_page(tmp_path / "x.jpg", tmp_path / "page.html")
    assert b64decode(data(tmp_path / "page.html")["sidecar"]) == carriers.extract(whole).container


class TestSamplesAlone:
    """``--samples extended``: the page gets a payload without a model, which is no payload of the file."""

    NOTE = "no payload was used: the page shows what the JPEG's YCbCr samples hold"

    @pytest.fixture
    def bare(self, pictures: Path, tmp_path: Path) -> Path:
        assert run("strip", pictures / "photo.jpg", "-o", tmp_path / "bare.jpg").exit_code == 0
        return tmp_path / "bare.jpg"

    def test_the_page(self, bare: Path, tmp_path: Path) -> None:
        page = tmp_path / "page.html"
        assert run("view", bare, "-o", page).exit_code == 1
        result = run("view", bare, "-o", page, "--samples", "extended", "--json")
        report = json.loads(result.stdout)
        assert (result.exit_code, report["notes"]) == (0, [self.NOTE])
        assert {"carrier", "payload_bytes"}.isdisjoint(report)
        assert picture(page) == bare.read_bytes()
        assert data(page)["alone"] is True
        alone = Payload.from_bytes(b64decode(data(page)["sidecar"]))
        assert alone.descriptor == Descriptor(samples=SampleCoding.SYCC)

    def test_a_reference(self, pictures: Path, bare: Path, tmp_path: Path) -> None:
        arguments = [bare, "--reference", pictures / "wide.tif", "--samples", "extended", "--json"]
        report = json.loads(run("view", *arguments, "-o", tmp_path / "page.html").stdout)
        verified = json.loads(run("verify", *arguments).stdout)
        assert report["psnr_og"] > report["psnr_clip_og"] + 3
        figures = ("psnr", "psnr_og", "psnr_clip", "psnr_clip_og", "og_percent", "notes", "model")
        assert {name: report[name] for name in figures} == {name: verified[name] for name in figures}
        assert any("no payload was used" in note for note in report["notes"])
        assert data(tmp_path / "page.html")["reference"]["report"]["psnr_og"] == report["psnr_og"]

    def test_a_payload_of_the_file_is_not_used(self, pictures: Path, bare: Path, tmp_path: Path) -> None:
        (tmp_path / "bare.jpg.gamut").write_bytes(carriers.extract((pictures / "photo.jpg").read_bytes()).container)
        for path in (bare, pictures / "photo.jpg"):
            report = write_page(path, tmp_path / "page.html", samples="extended", overwrite=True)
            assert (report.carrier, report.payload_bytes, report.notes) == (None, None, (self.NOTE,))

    def test_a_sidecar_is_told_to_be_without_effect(self, pictures: Path, bare: Path, tmp_path: Path) -> None:
        sidecar = pictures / "photo.jpg"
        report = write_page(bare, tmp_path / "page.html", samples="extended", sidecar=sidecar)
        told = "sidecar has no effect with samples='extended', which uses no payload"
        assert report.notes == (self.NOTE, told)
        compared = compare_files(bare, pictures / "wide.tif", samples="extended", sidecar=sidecar)
        assert told in compared.report.notes

    @pytest.mark.parametrize("name", ["photo.png", "photo.tif"])
    def test_other_files_have_none(self, pictures: Path, tmp_path: Path, name: str) -> None:
        page, options = tmp_path / "page.html", ["--samples", "extended"]
        results = [
            run("expand", pictures / name, "-o", tmp_path / "x.tif", *options),
            run("view", pictures / name, "-o", page, *options),
            run("verify", pictures / name, "--reference", pictures / "wide.tif", *options),
        ]
        assert [result.exit_code for result in results] == [1, 1, 1]
        assert len({result.stderr for result in results}) == 1
        assert "only a JPEG that is coded as YCbCr has samples outside sRGB" in results[0].stderr
        assert not page.exists()
        with pytest.raises(PhotoError, match="only a JPEG"):
            verify_file(pictures / name, pictures / "wide.tif", samples="extended")

    def test_what_is_no_choice(self, pictures: Path, tmp_path: Path) -> None:
        with pytest.raises(PhotoError, match="can be payload or extended, not 'plain'"):
            write_page(pictures / "photo.jpg", tmp_path / "page.html", samples="plain")  # type: ignore[arg-type]
        assert not (tmp_path / "page.html").exists()


def test_what_there_is_no_page_for(pictures: Path, tmp_path: Path) -> None:
    whole = (pictures / "photo.jpg").read_bytes()
    with Image.open(BytesIO(whole)) as image:
        image.rotate(180).save(tmp_path / "other.jpg", quality=80)
    (tmp_path / "x.gamut").write_bytes(carriers.extract(whole).container)
    page = tmp_path / "page.html"
    with pytest.raises(BindingError):
        write_page(tmp_path / "other.jpg", page, sidecar=tmp_path / "x.gamut")
    assert not page.exists()
    write_page(tmp_path / "other.jpg", page, sidecar=tmp_path / "x.gamut", check=False)
    assert data(page)["unbound"] is True
    with pytest.raises(OutputExistsError):
        write_page(pictures / "photo.jpg", page)
    write_page(pictures / "photo.jpg", page, overwrite=True)
    assert data(page)["name"] == "photo.jpg"
    gamutmeta.WideImage(np.zeros((3, 3, 3), np.uint16)).save(tmp_path / "small.tif")
    with pytest.raises(PhotoError, match="cannot be compared"):
        write_page(pictures / "photo.jpg", page, reference=tmp_path / "small.tif", overwrite=True)
    assert run("view", pictures / "photo.jpg", "-o", tmp_path / "page.txt").exit_code == 2


def test_the_manual_keeps_its_word(pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(pictures / "photo.jpg", tmp_path / "photo.jpg")
    shutil.copy(pictures / "wide.tif", tmp_path / "photo.tif")
    monkeypatch.chdir(tmp_path)
    (examples,) = re.findall(
        r"^```sh\n(.*?)^```$", (ROOT / "docs" / "view.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for command in examples.splitlines():
        result = run(*shlex.split(command)[1:])
        assert result.exit_code == 0, result.output
        (tmp_path / "photo.html").unlink()


def test_names_cannot_end_a_script() -> None:
    name = "</script><script>alert(1)</script>&<!--.jpg"
    html = page_html(name, b"", {"name": name})
    assert "alert(1)</script>" not in html
    assert json.loads(block(html, "page-data"))["name"] == name
    assert html.count("<script>") == 1


def test_the_policy_allows_this_script_and_this_style_alone() -> None:
    html = page_html("x", b"", {"name": "x"})
    policy = re.search('http-equiv="Content-Security-Policy" content="(.*?)"', html)
    assert policy is not None
    for tag in ("script", "style"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert text is not None
        digest = b64encode(sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; ")
    # Addresses that a browser could load something from.
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#|data:,)[\w.:/]+""", html.partition("<script")[0]) == []


def test_a_wheel_holds_the_decoder() -> None:
    """In a clone it is read from spec/, and so no copy of it can grow old."""
    assert decoder_folder() == ROOT / "spec" / "decoders"
    included = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "force-include"
    ]
    wanted = {f"spec/decoders/{path.name}" for path in (ROOT / "spec" / "decoders").glob("*.js")}
    assert included == {name: f"gamutmeta/view/decoder/{Path(name).name}" for name in wanted if "enhance" not in name}


def test_importing_loads_neither_torch_nor_more() -> None:
    import subprocess  # noqa: PLC0415

    code = "import gamutmeta.view, sys; print({'torch', 'matplotlib', 'click'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_the_spectral_locus_is_that_of_the_standard_observer() -> None:
    colour = pytest.importorskip("colour", reason="needs colour-science")
    text = (ROOT / "gamutmeta" / "view" / "page" / "locus.js").read_text()
    found = np.array([[float(x), float(y)] for x, y in re.findall(r"\[([\d.]+), ([\d.]+)\]", text)])
    observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    XYZ = np.array([observer[nm] for nm in range(380, 701, 5)])
    assert np.abs(found - XYZ[:, :2] / XYZ.sum(-1, keepdims=True)).max() < 6e-5


def test_a_missing_browser_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: None if name == "chromedriver" else name)
    assert browser.missing() == "chromium-driver"
    monkeypatch.setenv("GAMUTMETA_REQUIRE_TOOLS", "1")
    with pytest.raises(pytest.fail.Exception, match="GAMUTMETA_REQUIRE_TOOLS"):
        go_without("Chromium cannot be driven (apt: chromium-driver)")

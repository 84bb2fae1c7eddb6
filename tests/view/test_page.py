"""The page as its users meet it: mouse, finger, keyboard, files dropped onto it, screens, and what it does not load."""

from __future__ import annotations

import shutil
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from view.browser import STRANGER
from view.pages import drop, open_page, pixels, settled, upright

from gamutmeta import carriers
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path

    from view.browser import Browser

LEFT, RIGHT, HOME, END = "\ue012", "\ue014", "\ue011", "\ue010"


@pytest.fixture
def page(browser: Browser, pictures: Path) -> Browser:
    assert open_page(browser, pictures / "photo.html") == "done"
    return browser


def text(page: Browser, name: str) -> str:
    return str(page.run("return document.getElementById(args[0]).innerText;", name))


def line(page: Browser) -> float:
    """Where the line is, in per cent, as the picture shows it."""
    place = page.run("return document.getElementById('frame').style.getPropertyValue('--split');")
    return float(place.removesuffix("%"))


def layers(page: Browser) -> dict[str, list[str]]:
    code = "return [...document.querySelectorAll('#' + args[0] + ' canvas')].map((canvas) => canvas.dataset.layer);"
    return {side: page.run(code, side) for side in ("left", "right")}


def test_nothing_is_loaded_and_nothing_could_be(page: Browser) -> None:
    assert page.complaints() == []
    assert page.run("return performance.getEntriesByType('resource').map(({ name }) => name);") == []
    assert page.run("return fetch('https://example.org/').then(() => 'loaded', () => 'refused');") == "refused"
    assert any("Content Security Policy" in message for message in page.complaints())


def test_keyboard(page: Browser) -> None:
    page.run("document.getElementById('frame').focus();")
    assert line(page) == 50
    page.keys(RIGHT, RIGHT, LEFT)
    assert line(page) == 52
    page.keys(END)
    assert line(page) == 100
    page.keys(HOME)
    assert line(page) == 0
    assert layers(page) == {"left": ["file"], "right": ["restored"]}
    page.keys("x")
    assert layers(page) == {"left": ["restored"], "right": ["file"]}
    page.keys("x", "2")
    assert layers(page) == {"left": [], "right": ["file", "marks"]}
    assert "outside Display P3 as well" in text(page, "legend")
    page.keys("3")
    assert layers(page) == {"left": ["errors of file"], "right": ["errors of restored"]}
    assert "CIEDE2000" in text(page, "legend")
    page.keys("1", "z")
    assert page.run("return document.getElementById('frame').getBoundingClientRect().width;") == 64  # 1 : 1
    page.keys("z")
    assert page.run("return document.getElementById('frame').getBoundingClientRect().width;") > 300


def test_everything_can_be_reached_with_the_tabulator(page: Browser) -> None:
    page.run("document.activeElement?.blur(); getSelection().removeAllRanges();")
    reached = set()
    for _ in range(16):
        page.keys("\ue004")
        reached.add(page.run("return document.activeElement.id || document.activeElement.name;"))
        outlined = """const { id } = document.activeElement;
            const shown = document.activeElement.matches('fieldset input') ? document.activeElement.nextElementSibling
                : document.activeElement;
            return id === '' || getComputedStyle(shown).outlineStyle === 'solid' || shown === document.body;"""
        assert page.run(outlined)
    assert {"open", "frame", "split", "view", "left-choice", "right-choice", "zoom", "muted", "plot"} <= reached


@pytest.mark.parametrize("pointer", ["mouse", "touch"])
def test_dragging(pointer: str, page: Browser) -> None:
    box = page.run(
        "const { x, y, width, height } = document.getElementById('frame').getBoundingClientRect();"
        "return { x, y, width, height };"
    )
    middle = box["y"] + box["height"] / 2
    stops = [box["x"] + share * box["width"] for share in (0.5, 0.4, 0.25)]
    page.drag([(x, middle) for x in stops], pointer)
    assert line(page) == pytest.approx(25, abs=0.6)
    assert page.run("return document.getElementById('split').value;") == str(round(line(page) * 2) / 2).removesuffix(
        ".0"
    )


def test_sides_can_be_chosen(page: Browser, pictures: Path) -> None:
    page.run("""const choice = document.getElementById('left-choice');
        choice.value = 'original';
        choice.dispatchEvent(new Event('change', { bubbles: true }));""")
    assert layers(page) == {"left": ["original"], "right": ["restored"]}
    wide = read_photo(pictures / "wide.tif")
    expected = upright(wide.to_pillow("display-p3"), 6)
    difference = np.abs(pixels(page, "original")[..., :3].astype(int) - expected)
    assert difference.mean() < 3  # a JPEG of quality 90
    slider = page.run("return document.getElementById('split').getAttribute('aria-valuetext');")
    assert slider == "50 %: Original to the left, Restored to the right"


def test_errors_are_those_of_single_pixels(page: Browser) -> None:
    page.run("document.querySelector('[name=view][value=errors]').click();")
    clipped, restored = (pixels(page, f"errors of {name}", "srgb") for name in ("file", "restored"))
    assert clipped.shape == restored.shape == (96, 64, 4)
    assert clipped[..., :3].mean() > 2 * restored[..., :3].mean()


def test_marks_are_where_python_finds_colours_outside_srgb(page: Browser, pictures: Path) -> None:
    import gamutmeta  # noqa: PLC0415
    from gamutmeta.color.gamut import outside as beyond  # noqa: PLC0415
    from gamutmeta.color.spaces import PROPHOTO, decode_table, reduction_matrix  # noqa: PLC0415

    page.run("document.querySelector('[name=view][value=outside]').click();")
    wide = gamutmeta.expand((pictures / "photo.jpg").read_bytes())
    linear = (
        decode_table(PROPHOTO, 65536)[wide.array]
        @ reduction_matrix(
            gamutmeta.Payload.from_bytes(
                carriers.extract((pictures / "photo.jpg").read_bytes()).container
            ).descriptor.adaptation
        ).T
    )
    outside = beyond(linear)
    found = np.rot90(pixels(page, "marks", "srgb")[..., 3] > 0)
    assert 0.2 < outside.mean() < 0.9
    assert (found != outside).mean() < 2e-3
    share = float(text(page, "summary").split(" %")[0]) / 100
    assert share == pytest.approx(outside.mean(), abs=1e-3)


def test_muted_colours_differ_on_an_srgb_screen(page: Browser) -> None:
    before = pixels(page, "restored")
    page.click("#muted")
    assert np.array_equal(pixels(page, "restored", "srgb"), before)


@pytest.mark.parametrize(("gamut", "said"), [("srgb", "sRGB alone"), ("p3", "Display P3"), ("rec2020", "Rec. 2020")])
def test_what_the_screen_can_show(gamut: str, said: str, page: Browser) -> None:
    page.emulate(color_gamut=gamut)
    page.wait("document.getElementById('screen').textContent.includes(args[0])", f"This screen shows {said}")
    assert ("“Muted” makes the difference visible" in text(page, "screen")) == (gamut == "srgb")


def damaged(data: bytes) -> bytes:
    """A JPEG whose payload has a wrong byte."""
    at = data.index(carriers.MAGIC) + 60
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def recoded(data: bytes) -> bytes:
    """The picture coded anew, with the payload of the first coding."""
    with Image.open(BytesIO(data)) as image:
        file = BytesIO()
        image.save(file, "JPEG", quality=90)
    return carriers.embed(file.getvalue(), carriers.extract(data).container)


def test_a_payload_of_another_picture_is_refused_unless_asked_for(page: Browser, pictures: Path) -> None:
    taken = drop(page, ("other.jpg", recoded((pictures / "photo.jpg").read_bytes())))
    assert taken == [False, False, True, False, True, True]
    assert settled(page) == "done"
    assert "The payload was made for another picture" in text(page, "notice")
    assert "binding" in text(page, "notice")
    assert layers(page)["right"] == ["file"]
    page.click("#notice button")
    page.wait("document.getElementById('notice').hidden")
    assert settled(page) == "done"
    assert layers(page) == {"left": ["file"], "right": ["restored"]}


def test_what_is_wrong_is_said_in_words_and_the_picture_is_shown(page: Browser, pictures: Path) -> None:
    photo = (pictures / "photo.jpg").read_bytes()
    for name, data, title in (
        ("plain.jpg", carriers.strip(photo), "There is no payload in this file"),
        ("damaged.jpg", damaged(photo), "The payload is damaged"),
    ):
        drop(page, (name, data))
        assert settled(page) == "done"
        assert text(page, "notice").startswith(title)
        assert text(page, "name") == name
        assert pixels(page, "file").shape == (96, 64, 4)
        assert page.run("return document.querySelector('[value=outside]').disabled;")


def test_what_browsers_do_not_show(page: Browser, pictures: Path) -> None:
    photo = (pictures / "photo.jpg").read_bytes()
    for name, data, title in (
        ("photo.tif", (pictures / "photo.tif").read_bytes(), "Browsers do not show TIFF"),
        ("text.txt", b"no picture", "This is neither JPEG nor PNG"),
        ("cut.jpg", photo[:300], "The browser cannot decode the picture"),
    ):
        drop(page, (name, data))
        assert settled(page) == "failed"
        assert text(page, "notice").startswith(title)
        assert page.run("return document.getElementById('progress').hidden;")
        assert not page.run("return document.getElementById('stage').checkVisibility();")
        assert text(page, "screen") == "This screen shows Display P3, the browser says."
    drop(page, pictures / "photo.jpg")
    assert settled(page) == "done"
    assert page.run("return document.getElementById('notice').hidden;")


def test_a_payload_beside_its_picture(page: Browser, pictures: Path, tmp_path: Path) -> None:
    photo = (pictures / "photo.jpg").read_bytes()
    (tmp_path / "plain.jpg").write_bytes(carriers.strip(photo))
    (tmp_path / "plain.jpg.gamut").write_bytes(carriers.extract(photo).container)
    page.run("document.body.dataset.state = 'busy';")
    page.upload("#file", tmp_path / "plain.jpg.gamut", tmp_path / "plain.jpg")
    assert settled(page) == "done"
    assert page.run("return document.getElementById('notice').hidden;")
    assert layers(page) == {"left": ["file"], "right": ["restored"]}
    assert "in a file beside it" in text(page, "facts")
    drop(page, tmp_path / "plain.jpg.gamut")
    assert "A .gamut file alone is no picture" in text(page, "notice")


def test_on_a_telephone(page: Browser) -> None:
    page.resize(360, 740, 2, mobile=True)
    width = page.run("return [document.documentElement.scrollWidth, innerWidth];")
    assert width == [360, 360]
    small = """return [...document.querySelectorAll('button, select, fieldset label, #split')]
        .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 32).length;"""
    assert page.run(small) == 0


def test_every_control_has_a_name(page: Browser) -> None:
    nodes = page.device("Accessibility.getFullAXTree")["nodes"]
    controls = {"button", "radio", "slider", "checkbox", "combobox", "image", "progressbar", "link"}
    named = [
        (node["role"]["value"], node["name"]["value"])
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in controls
    ]
    assert {role for role, _ in named} >= {"button", "radio", "slider", "checkbox", "combobox", "image"}
    assert [role for role, name in named if not name] == []
    assert any(role == "image" and "outside the triangle of sRGB" in name for role, name in named)


def luminance(colour: str) -> float:
    codes = np.array([int(colour.lstrip("#")[k : k + 2], 16) for k in (0, 2, 4)]) / 255
    return float(np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_and_neutral_greys(scheme: str, page: Browser) -> None:
    page.emulate(prefers_color_scheme=scheme)
    names = ["text", "faint", "page", "card", "control", "notice", "chosen", "on-chosen", "stage"]
    code = (
        "const style = getComputedStyle(document.documentElement);"
        "return args[0].map((name) => style.getPropertyValue(`--${name}`).trim());"
    )
    colours = dict(zip(names, page.run(code, names), strict=True))
    for colour in colours.values():
        assert colour[1:3] == colour[3:5] == colour[5:7], "colour judgement needs a neutral surround"
    pairs = [(words, ground) for words in ("text", "faint") for ground in ("page", "card", "control", "notice")]
    for words, ground in [*pairs, ("on-chosen", "chosen")]:
        light, dark = sorted((luminance(colours[words]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (words, ground)


def test_nothing_moves_by_itself(page: Browser) -> None:
    assert page.run("return document.getAnimations().length;") == 0


def test_it_can_be_stopped(page: Browser, pictures: Path) -> None:
    """What is not restored then has the file's colours, and the page says so."""
    page.run("""const stop = () => document.getElementById('stop').click();
        new MutationObserver(stop).observe(document.getElementById('name'), { childList: true });""")
    drop(page, pictures / "photo.png")
    assert settled(page) == "stopped"
    assert text(page, "notice").startswith("Stopped")
    page.run("await new Promise((resolve) => setTimeout(resolve, 1000));")
    assert page.run("return document.body.dataset.state;") == "stopped"  # the workers are gone
    assert page.complaints() == []


def test_from_a_server_without_https_there_is_the_picture_and_the_reason(
    browser: Browser, site: tuple[Path, int], pictures: Path
) -> None:
    """Browsers compute no digests there."""
    folder, port = site
    shutil.copy(pictures / "photo.html", folder)
    browser.open(f"http://{STRANGER}:{port}/photo.html")
    assert settled(browser) == "done"
    assert text(browser, "notice").startswith("This browser checks no digests here")
    assert layers(browser)["right"] == ["file"]
    browser.open(f"http://127.0.0.1:{port}/photo.html")
    assert settled(browser) == "done"
    assert browser.run("return document.getElementById('notice').hidden;")

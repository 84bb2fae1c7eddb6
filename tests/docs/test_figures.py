"""Figures in the manual are those of benchmarks/results."""

from __future__ import annotations

import json
import re
import tomllib
from statistics import fmean

import manual

RESULTS = manual.ROOT / "benchmarks" / "results"


def test_installed_sizes() -> None:
    rows = (RESULTS / "installed.md").read_text(encoding="utf-8").splitlines()[2:]
    assert [f"| {' | '.join(row)} |" for row in manual.table("install.md", "| extra | MB |")] == rows
    extras = tomllib.loads((manual.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    measured = json.loads((RESULTS / "installed.json").read_text(encoding="utf-8"))["sizes"]
    assert set(measured) == {"", *extras} - {"all"}


def test_alternatives() -> None:
    text = (RESULTS / "alternatives.md").read_text(encoding="utf-8")
    (line, *_) = text.splitlines()
    rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)][1:]
    assert manual.table("comparison.md", "| file | bytes / sRGB JPEG |") == rows
    assert line.startswith("Medians over 9 photographs")


def test_gains_at_equal_bytes() -> None:
    text = (RESULTS / "rate_distortion.md").read_text(encoding="utf-8")
    for name, budget, og, whole in manual.table("comparison.md", "| stored in a"):
        title, coding = name.split(", ", 1)
        part = text.split(f"## {coding}: medians")[1].split("\n## ")[0]
        method = {"gamutmeta": "gamutmeta balanced", "gain map": "gain map, 6,000 B", "samples": "samples, 6,000 B"}
        (row,) = re.findall(rf"^\| {re.escape(method[title])} \|(.*)\|$", part, re.MULTILINE)
        cells = [cell.strip() for cell in row.split("|")]
        assert [budget, og, whole] == [cells[1], f"{float(cells[4]):+.1f} dB", f"{float(cells[6]):+.1f} dB"], name


def test_jpeg_qualities() -> None:
    text = (RESULTS / "jpeg.md").read_text(encoding="utf-8")
    gains = [re.findall(rf"^\| q{q} 4:4:4 \|.*?\|.*?\| ([+-][\d.]+) \|", text, re.MULTILINE)[0] for q in (95, 90, 80)]
    said = " ".join(manual.text_of("photographers.md").split())
    words = "{:.1f} dB at quality 95, {:.1f} dB at 90 and {:.1f} dB at 80"
    assert words.format(*(float(gain) + 1e-9 for gain in gains)) in said


def test_time_and_memory() -> None:
    text = (RESULTS / "speed.md").read_text(encoding="utf-8")
    said = " ".join(manual.text_of("pipelines.md").split())
    for pipeline, verb in (
        ("TIFF to JPEG", "a JPEG in {} s with a peak of {} MiB"),
        ("JPEG to TIFF", "a TIFF in {} s with {} MiB"),
    ):
        row = re.findall(rf"^\| 24 \| 2 \| {pipeline} \| [^|]* \| ([\d.]+) \| (\d+) \|", text, re.MULTILINE)[0]
        assert verb.format(f"{float(row[0]):.1f}", row[1]) in said


def test_hostile_files() -> None:
    rows = (RESULTS / "hostile.md").read_text(encoding="utf-8")
    files = sum(
        int(number.replace(",", "")) for number in re.findall(r"^\| [^|]+: ([\d,]+), up to", rows, re.MULTILINE)
    )
    worst = max(int(ms.replace(",", "")) for ms in re.findall(r"\| ([\d,]+) ms \|", rows))
    said = " ".join(manual.text_of("pipelines.md").split())
    assert f"Of {files:,} files" in said
    assert f"took {worst / 1000:.2f} s of processor time" in said
    longest = max(float(minutes) for minutes in re.findall(r"\| ([\d.]+) min \|", rows))
    assert f"at most {longest:.0f} minutes of one core" in said


def test_soft_clipping() -> None:
    rows = json.loads((RESULTS / "paper" / "tables.json").read_text(encoding="utf-8"))["rows"]

    def figures(method: str, coding: str, name: str) -> list[float]:
        return [row[name] for row in rows if (row["method"], row["coding"]) == (method, coding)]

    soft, ours = "soft-clip", "gamutmeta-balanced"
    lossless, jpeg = (
        [fmean(figures(one, coding, "psnr_og")) for one in (soft, ours)] for coding in ("rounded", "jpeg")
    )
    shown = figures(soft, "rounded", "shown_de")
    assert len(shown) == 6
    said = " ".join(manual.text_of("comparison.md").split())
    assert f"{lossless[0]:.1f} dB out of gamut on the mean of six photographs" in said
    assert f"where gamutmeta's balanced preset has {lossless[1]:.1f} dB" in said
    assert f"a CIEDE2000 of {fmean(shown):.1f} on the mean over all pixels, and of {max(shown):.1f} on one" in said
    extended = fmean(figures("gamutmeta-extended", "jpeg", "psnr_og"))
    assert f"to {jpeg[0]:.1f} dB where gamutmeta has {jpeg[1]:.1f} dB with plain samples and {extended:.1f} dB" in said
    half, whole = (
        [fmean(figures(one, "rounded", name)) for name in ("psnr_og", "shown_de")]
        for one in ("gamutmeta-shoulder-half", "gamutmeta-shoulder")
    )
    assert (
        f"{half[0]:.1f} dB with a picture that differs by {half[1]:.2f}, and {whole[0]:.1f} dB by {whole[1]:.2f}"
        in said
    )


def test_likenesses() -> None:
    rows = json.loads((RESULTS / "likeness.json").read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 15
    said = " ".join(manual.text_of("extended.md").split())
    accepted = {edit for row in rows for edit in row["accept"]}
    assert all(distance <= 1 for row in rows for distance, _ in row["accept"].values())
    codings = {f"JPEG q{quality} {chroma}" for quality in (70, 80, 90, 95) for chroma in ("4:4:4", "4:2:0")}
    assert {edit for edit in accepted if re.match(r"JPEG|WebP", edit)} == codings | {"WebP 80"}
    assert "JPEG of quality 70, 80, 90 and 95, with 4:4:4 and 4:2:0, or as WebP of quality 80" in said
    shares = {int(share) for edit in accepted for share in re.findall(r"^(\d+) %", edit)}
    assert f"resizing to {min(shares)} to {max(shares)} % with usual filters; and both together" in said

    def count(kind: str, pattern: str, *, alike: bool) -> list[int]:
        names = {edit for row in rows for edit in row[kind] if re.fullmatch(pattern, edit)}
        return sorted(sum((row[kind][name][0] <= 1) is alike for row in rows) for name in names)

    fifty, thirty = (count("neither", f"JPEG q{quality} 4:2:0", alike=True) for quality in (50, 30))
    (halved,) = count("neither", "50 % in linear light", alike=True)
    assert f"with 4:2:0, {fifty[0]} of 15 were accepted, at 30 {thirty[0]} of 15" in said
    assert f"halved in linear light {halved} of 15" in said
    saturation = count("refuse", r"saturation [+-]5 %", alike=False)
    assert f"saturation by 5 % was refused for {saturation[0]} to {saturation[-1]} of 15" in said
    white = count("refuse", r"[56]500 K [+-]200 K", alike=False)
    assert f"by 200 K for {white[0]} to {white[-1]} of 15" in said
    retouched = [v[0] for row in rows for edit, v in row["refuse"].items() if edit.startswith("retouch")]
    assert f"for {sum(v > 1 for v in retouched)} of {len(retouched)}" in said


def test_browser() -> None:
    text = (RESULTS / "browser.md").read_text(encoding="utf-8")
    for head in ("| megapixels per second |", "| page | picture |"):
        (part,) = (block for block in text.split("\n\n") if block.startswith(head))
        rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", part, re.MULTILINE)][1:]
        assert manual.table("view.md", head) == rows

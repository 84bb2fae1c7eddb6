"""All benchmarks: ``python -m benchmarks`` lists them, ``python -m benchmarks NAME ...`` runs one."""

import runpy
import sys

BENCHMARKS = {
    "agreement": "photographs through the specification's independent decoders",
    "alternatives": "other files that keep wide colours: bytes and quality",
    "base": "payloads for sRGB pictures that were mapped, toned and sharpened by others",
    "browser": "the JavaScript decoder and its pages in Chromium",
    "edits": "the expanded edit against the same edit of the photograph",
    "experiments": "changes to a fitted model before it is stored",
    "folder": "folders: reading payloads, and photographs per minute",
    "gpu": "fit and expansion on an NVIDIA GPU",
    "gpu.first_run": "all of that and the tests, in six minutes, for a card that nobody has tried",
    "hostile": "time and memory that hostile files cost",
    "installed": "what each extra takes on the disk",
    "interoperability": "what other software does to files with payloads",
    "extended": "JPEGs that hold wide-gamut colour in their own samples, against plain ones",
    "jpeg": "JPEG at every quality and chroma subsampling",
    "likeness": "what a likeness takes for the same picture",
    "paper": "the paper's tables: every method, and rivals of your own",
    "paper.compare_starts": "learned starts against random ones",
    "paper.make_dataset": "make a data set for the paper's tables",
    "paper.train_meta": "learn the start weights of the paper's model",
    "paper.train_networks": "train the image-to-image networks",
    "rate_distortion": "quality against bytes",
    "shoulder": "lossless files whose last codes hold wide-gamut colour",
    "show_wide": "gain maps that show wide-gamut colour in browsers",
    "speed": "time and memory of fit, expansion and conversion of files",
}


def main(arguments: list[str]) -> None:
    """List the benchmarks, or run one."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__, *(f"  {name:22}{what}" for name, what in BENCHMARKS.items()), sep="\n")
    elif arguments[0] not in BENCHMARKS:
        sys.exit(f"there is no benchmark {arguments[0]!r}; known are {', '.join(BENCHMARKS)}")
    else:
        sys.argv = [f"python -m benchmarks.{arguments[0]}", *arguments[1:]]
        runpy.run_module(f"benchmarks.{arguments[0]}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])

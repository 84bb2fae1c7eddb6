"""Time and memory of fit, expansion and both streets, by size of the picture, against the paper's model in plain torch.

    python -m benchmarks.speed PHOTOGRAPH [--megapixels N ...] [--threads N ...] [--repeat N] [--only PART ...]

The photograph is tiled up, mirrored at the seams, to each size. Everything is measured in processes of its own, so that
peak memory is that of one task; the competitors take turns, round by round, so that whatever else the machine does hits
them all. Times are the best and the median of all rounds. Processes are confined to as many cores as they have threads.

Parts:
    expand  in memory, into an array that is there already: gamutmeta with numpy alone and with numba (a `balanced`
            model on lossless codes, and one without gate on the codes of a JPEG), the paper's model in plain torch, and
            copying input to output, as the measure of what memory allows.
    fit     the presets against the paper's 1,200 steps of 16,384 samples, with the out-of-gamut (OG) PSNR of each.
    street  ``reduce_file`` from TIFF to JPEG and PNG and ``expand_file`` back to TIFF, from the start of Python to its
            end, by stage; and the same conversions without gamutmeta (tifffile and Pillow alone).
    start   importing, and the command line's shortest answers.

Writes ``results/<name>.json``, ``.md``, ``.png`` and ``.svg``. With ``--check`` nothing is written: the ratios of this
run are compared with those in ``results/<name>.json``, and the exit code is 1 if one of them is worse by more than the
tolerance. With seven processes alive the expansion at 100 megapixels needs 8 GB of memory; the disk needs 2 GB.
"""

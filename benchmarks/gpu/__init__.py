"""Fit and expansion on one NVIDIA GPU, against the paper's model in plain torch and in torch.compile on the same GPU.

    python -m benchmarks.gpu PHOTOGRAPH [--megapixels N ...] [--repeat N] [--only PART ...] [--quick SHARE]
        [--images N] [--jobs N ...]

The photograph is tiled up, mirrored at the seams, to each size; from `batch` on to 24 megapixels alone. Needs torch
with CUDA and Triton, and refuses without.

Parts:
    card    what the card can do: copying within its memory, and products of matrices in float32, TF32 and bfloat16.
    expand  from codes to pixels: arrays that stay on the GPU, with either precision of the kernel; from main memory and
            back; the paper's model on the GPU, in plain torch and compiled. Bytes are those of codes and pixels, read
            and written once; operations are those of the model on the pixels it acts on.
    fit     the `balanced` preset on the GPU against the paper's 1,200 steps of 16,384 samples there.
    batch   milliseconds of one step of the fit by samples per step: by Triton's kernels with products of matrices in
            float32, three times TF32 and TF32, and by torch's operations; recorded, and piece by piece.
    pictures
            the same by pictures that take the step together: 1, 4 and 16.
    together
            fitting so many pictures together, all of it.
    paper   the paper's own sizes and settings by benchmarks/paper: 23 and 53 KB, 9,000 steps from random weights and
            1,200 from learned ones. `--quick` takes a share of them.
    folder  pictures per minute through the command, decoding and encoding included, on the GPU and on the CPU, and
            which share of the time was the fit's.

Times within the GPU are those of its own events, else those of the clock; the best and the median of all rounds after
one that does not count. Writes ``results/<name>.json`` and ``.md``.
"""

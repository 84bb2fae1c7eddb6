"""Folders: what finding a thousand payloads reads, and how many photographs a minute are reduced and restored.

    python -m benchmarks.folder PHOTOGRAPH [--only headers throughput] [--files N] [--images N] [--repeat N] [--quick]

The photograph is tiled up to the size of each test.

    headers     payloads are taken out of JPEG, PNG and TIFF files, in turns: from the whole file as bytes, from the
                file mapped into memory, and from the open file by reading its headers, as gamutmeta does. Bytes are
                those that read() gave, and those that came from the disk when nothing of the files was in the
                system's cache. Last the command ``gamutmeta info`` on the folder.
    throughput  ``gamutmeta reduce`` and ``expand`` on copies of one photograph, with one or more jobs: with the
                threads that each job takes by itself, and with as many for each as there are cores.

Writes ``results/<name>.json`` and ``results/<name>.md``.
"""

"""What one input may cost in a fuzz target. All pictures there are tiny, so these bound what hostile bytes add."""

from __future__ import annotations

__all__ = ["MEMORY", "PIXELS", "SECONDS"]

SECONDS = 1.0
"""Processor time of one execution, instrumented for coverage. A file of a few kilobytes takes about a millisecond."""

MEMORY = 64 << 20
"""Bytes that one execution may add to the resident memory, and allocate through Python and numpy."""

PIXELS = 1 << 16
"""Largest picture that the targets decode. Pillow allocates by declared size, which real limits let be far larger."""

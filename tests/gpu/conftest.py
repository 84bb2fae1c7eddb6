"""Without a GPU the kernels run in Triton's interpreter, which is chosen when Triton is first imported."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

if find_spec("torch") is not None and find_spec("triton") is not None:
    import torch

    if not torch.cuda.is_available():
        assert "triton" not in sys.modules, "Triton was imported too early to run in its interpreter"
        os.environ["TRITON_INTERPRET"] = "1"

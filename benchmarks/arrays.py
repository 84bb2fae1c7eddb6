"""Names for arrays: ROMM or sRGB codes of a picture, (H, W, 3), and numbers such as linear ProPhoto or weights."""

import numpy as np
from numpy.typing import NDArray

Wide = NDArray[np.uint16]
Codes = NDArray[np.uint8]
Floats = NDArray[np.float32]

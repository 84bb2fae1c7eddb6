"""What the decoder of version 1 makes of containers: reads them one a line, in base64, and answers with a code or "ok".

The modules beside it are frozen, as they were when version 2 came: readers like them are about, and stay about.
"""

from __future__ import annotations

import base64
import sys

from container import decode
from extractor import GamutError

for line in sys.stdin:
    try:
        decode(base64.b64decode(line))
        answer = "ok"
    except GamutError as error:
        answer = error.code
    sys.stdout.write(f"{answer}\n")

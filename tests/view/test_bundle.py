"""Modules become one script, and what cannot be is told."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from gamutmeta.view.bundle import bundle

MODULES = {
    "a.js": "import {\n  Three,\n  two,\n} from './b-c.js';\nconst hidden = 4;\n"
    "console.log(two + Three.value + hidden);\n",
    "b-c.js": "import { two } from './d.js';\nconst hidden = 1;\nexport class Three {\n  static value = 3;\n}\n"
    "export { two };\nexport async function later() {}\nexport function* some() {}\n",
    "d.js": "/** No import('x') here. */\nexport const two = 2;\n",
}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_modules_keep_their_own_names() -> None:
    script = bundle("a.js", MODULES.__getitem__)
    assert script.count("const two = 2") == 1
    ran = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "9\n"


@pytest.mark.parametrize(
    "line",
    ["import x from './d.js';", "import * as x from './d.js';", "export default 3;", "export * from './d.js';",
     "import { two as x } from './d.js';", "import { two } from 'elsewhere';"],
)  # fmt: skip
def test_other_forms_are_errors(line: str) -> None:
    modules = MODULES | {"x.js": line + "\n"}
    with pytest.raises(ValueError, match=r"x\.js: .* is not a form of import or export"):
        bundle("x.js", modules.__getitem__)


def test_circles_are_errors() -> None:
    modules = {"a.js": "import { b } from './b.js';\n", "b.js": "import { a } from './a.js';\n"}
    with pytest.raises(ValueError, match=r"a\.js -> b\.js -> a\.js: the modules import each other"):
        bundle("a.js", modules.__getitem__)

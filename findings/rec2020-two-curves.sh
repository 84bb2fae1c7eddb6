#!/usr/bin/env bash
# Question: how much light is code 128 of 255 in Rec.2020, by the colour libraries of Python and JavaScript?
# Versions: coloraide 8.13.1, colour-science 0.4.7 (PyPI); culori 4.0.2, colorjs.io 0.7.1 (npm).
# Behaviour seen: it depends on the library, by a third. culori and colour-science invert the camera's curve (OETF) of
#   the standard; coloraide and colorjs take the display's gamma of 2.4 under the same name. coloraide has the camera's
#   curve as well, as rec2020-oetf; colorjs has no such space. coloraide takes gamma 2.4 for rec709, too, colour-science
#   does not. colour-science's value differs a little from culori's: it has the standard's constants rounded for 10
#   bits.
# Output seen (luminance of R = G = B = 128/255):
#   rec2020: coloraide 0.19125, colorjs 0.19125, culori 0.26161, colour-science 0.26148
#   coloraide rec2020-oetf 0.26161, rec709 0.19125; colour-science BT.709 0.26148
# So a test oracle for Rec.2020 has to be chosen by its curve. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  coloraide==8.13.1 colour-science==0.4.7 numpy==2.4.6
npm --silent init -y > npm.log
npm --silent install culori@4.0.2 colorjs.io@0.7.1 >> npm.log
cat > light.mjs << 'JS'
import assert from 'node:assert';
import Color from 'colorjs.io';
import { convertRec2020ToXyz65 } from 'culori';
const code = 128 / 255;
const culori = convertRec2020ToXyz65({ r: code, g: code, b: code }).y;
const colorjs = new Color('rec2020', [code, code, code]).to('xyz-d65').coords[1];
console.log(`rec2020: culori ${culori.toFixed(5)}, colorjs ${colorjs.toFixed(5)}`);
assert(Math.abs(culori - 0.26161) < 2e-5 && Math.abs(colorjs - code ** 2.4) < 2e-5);
assert.throws(() => new Color('rec2020-oetf', [code, code, code]));
JS
cat > light.py << 'PY'
import warnings

warnings.simplefilter("ignore")  # about matplotlib and others that are not installed
import colour
from coloraide.everything import ColorAll

CODE = 128 / 255
seen = {}
for space in ("rec2020", "rec2020-oetf", "rec709"):
    seen[space] = ColorAll(space, [CODE] * 3).convert("xyz-d65").coords()[1]
for space in ("ITU-R BT.2020", "ITU-R BT.709"):
    seen[space] = float(colour.RGB_COLOURSPACES[space].cctf_decoding(CODE))
print({space: round(light, 5) for space, light in seen.items()})
expected = (CODE**2.4, 0.26161, CODE**2.4, 0.26148, 0.26148)
assert all(abs(light - right) < 2e-5 for light, right in zip(seen.values(), expected, strict=True))
assert seen["rec2020-oetf"] - seen["ITU-R BT.2020"] > 1e-4
PY
venv/bin/python light.py
node light.mjs
echo "as described"

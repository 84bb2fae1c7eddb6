#!/usr/bin/env bash
# Question: do all versions of libzstd refuse the same faulty frames?
# Versions: zstandard 0.22.0 (libzstd 1.5.5) and 0.23.0 (libzstd 1.5.6), PyPI; the same with Debian's libzstd 1.5.4 and
#   with zstandard's 1.5.7.
# Behaviour seen: 1.5.5 takes a block whose sequences read more bits than their bit stream has (the missing ones count
#   as 0), and one whose reserved bits in the byte of compression modes are set. 1.5.6 refuses both. RFC 8878 allows
#   neither.
# Output seen: 1.5.5: sound 38, too few bits 38, reserved bit 38
#   1.5.6: sound 38, too few bits refused, reserved bit refused
# So do not compare error codes of decoders with different libzstd on damaged frames. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > read.py << 'PY'
import zstandard

version = ".".join(map(str, zstandard.ZSTD_VERSION))


def frame(modes, literals, bits):
    """Single segment of 38 bytes: one compressed block, raw literals, and one sequence whose three codes are RLE."""
    # The codes of up to 16 literals and of matches of up to 34 bytes are these numbers themselves, and 3 less.
    sequence = bytes((1, modes, literals, 2, 38 - literals - 3, bits))
    content = (literals << 4 | 0b0100).to_bytes(2, "little") + bytes(range(literals)) + sequence
    return b"\x28\xb5\x2f\xfd\x20" + bytes((38,)) + (len(content) << 3 | 0b101).to_bytes(3, "little") + content


said = {}
# Offset code 2 has two bits, and literal-length code 16 one more; each stream begins with a 1 behind its last bit.
for name, data in (
    ("sound", frame(0x54, 4, 0b111)),
    ("too few bits", frame(0x54, 16, 0b111)),
    ("reserved bit", frame(0x55, 4, 0b111)),
):
    try:
        said[name] = str(len(zstandard.ZstdDecompressor().decompress(data)))
    except zstandard.ZstdError:
        said[name] = "refused"
print(f"{version}:", ", ".join(f"{name} {what}" for name, what in said.items()))
strict = zstandard.ZSTD_VERSION >= (1, 5, 6)
faulty = "refused" if strict else "38"
assert said == {"sound": "38", "too few bits": faulty, "reserved bit": faulty}
PY
for version in 0.22.0 0.23.0; do
  python3 -m venv --without-pip "venv-$version"
  python3 -m pip --quiet --python "venv-$version/bin/python" install --no-compile "zstandard==$version"
  "venv-$version/bin/python" read.py
done
echo "as described"

"""The outcomes as a Markdown document."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.harness import Row, table
from benchmarks.interop.operations import KINDS, Kind
from benchmarks.interop.outcome import HOSTS
from benchmarks.interop.tools import TOOLS

_NAMES: Final = {"app11": "APP11", "com": "COM", "itxt": "iTXt", "tiff": "tag"}
_SOURCES: Final = {"apt": "Debian", "pip": "PyPI", "npm": "npm"}

_INTRODUCTION: Final = """\
# Interoperability

What other software does to files with a payload, measured. This part of the specification is informative. It is made by
`python -m benchmarks.interoperability`; the same figures, and more of each row, are in
`benchmarks/results/interoperability.json`, and `tests/interop/` holds the software and gamutmeta to them.

Each file is a reduced photograph of 96x64 pixels with EXIF, XMP and an ICC profile. Everything is done twice, with the
payload and with the same file without it. In every row below, the pixels of both results are exactly equal: no decoder
is disturbed by a payload.

- **kept**: the payload is there, byte for byte, and valid: the photograph restored from it is exactly that of the
  untouched file.
- **dropped**: there is no payload any more (`carrier.none`, `carrier.unsupported`).
- **moved**: it is still in the file, but in a place where readers do not look; they answer `carrier.none`. Whoever
  wants to be rid of it has to look there.
- **kept, refused: edited**: it is there, byte for byte, but the picture is another one; readers answer `binding`.
- **kept, refused: coded anew**: it is there, and the pixels are the same, but the JPEG is coded in another way; readers
  answer `binding`. `gamutmeta expand --force` restores exactly what the untouched file gives.
"""

_C2PA: Final = """\
## C2PA

Whoever signs, signs the bytes of the payload too. The order is therefore: attach, then sign. A payload that is
attached, or taken out, after signing makes the signature invalid, until the file is signed again; the payload itself is
valid in any order. Signed with c2pa-python and a certificate made for the purpose, which the reader was told to trust.

| order | APP11 | COM | iTXt | tag | payload |
|---|---|---|---|---|---|
"""

_CHAINS: Final = """
In a JPEG both are APP11 segments, and a manifest may take several. gamutmeta writes its segment behind them or before
them, never in their midst: ExifTool would not find the payload any more ("Duplicate JUMBF sequence number"), and C2PA
writers would refuse the file ("not contiguous"). Readers of either kind still find what is theirs.
"""

_NOTES: Final[dict[str, str]] = {
    "jpeg": """\
jpegtran leaves the coded picture as it is where it would code it in the same way: a baseline JPEG with jpegtran's own
tables, which gamutmeta writes unless told otherwise, as it is, and a progressive one with `-progressive`. JPEG XL gives
back the very file. In any other way of coding the digest differs, although no pixel does.

A COM payload beside another comment: ExifTool, Exiv2 and jpegtran keep both, Pillow keeps the last one alone, and
GraphicsMagick joins them, so that readers answer `carrier.none` or `carrier`.
""",
    "png": """\
libvips, and sharp with it, write the text anew as a compressed zTXt chunk; readers find it there, and `gamutmeta strip`
does.
""",
    "tiff": """\
Programs on LibTIFF name every private tag that they do not know; the file is valid. `exiftool -all=` leaves the first
directory of a TIFF, and with it the payload, in place; `gamutmeta strip` removes it. Pillow keeps the tag only where it
is told to keep the EXIF data.
""",
}

_UNMEASURED: Final = """\
## Not measured

Adobe's and Apple's programs, browsers that save pictures anew, and online services. Services commonly encode pictures
anew and remove what they do not know; a payload that outlives this is refused, since the picture is another one.
"""


def document(results: Mapping[str, Any]) -> str:
    """The whole document.

    Args:
        results: ``versions`` (tool -> version), ``rows`` (of `Outcome.to_json`) and ``orders`` (of `Order.to_json`).
    """
    parts = [_INTRODUCTION, _software(results["versions"])]
    for host, carriers in HOSTS.items():
        rows = [row for row in results["rows"] if row["carrier"] in carriers]
        parts += [f"## {host.upper()}\n", _reading(rows), _writing(carriers, rows), _NOTES[host]]
    parts += [_C2PA + _orders(results["orders"]) + _CHAINS, _UNMEASURED]
    return "\n".join(parts)


def _software(versions: Mapping[str, str]) -> str:
    lines = [
        [name, version, f"{_SOURCES[TOOLS[name].installer]}: {TOOLS[name].package}"]
        for name, version in versions.items()
    ]
    return "## Software\n\n" + _table("software", "version", "package", lines=lines)


def _reading(rows: Iterable[Row]) -> str:
    """Who reads such files, and what they complain of."""
    silent: dict[str, set[str]] = {}
    complaints: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        said = [*row["messages"], *([row["fails"]] if row["fails"] else [])]
        if row["kind"] == "read":
            silent.setdefault(row["tool"], set()).update(said)
        for message in said:
            complaints.setdefault((row["tool"], message), set()).add(row["operation"])
    quiet = [name for name, said in silent.items() if not said]
    text = f"Read without a complaint by {', '.join(quiet)}.\n"
    if not complaints:
        return text
    lines = [[tool, _literal(message)] for tool, message in complaints]
    fails = [row for row in rows if row["fails"]]
    text += "\nComplaints that the same file without the payload does not get:\n\n"
    text += _table("software", "complaint", lines=lines)
    text += "".join(f"\n`{row['operation']}` then ends with an error, as it was asked to.\n" for row in fails)
    return text


def _writing(carriers: Sequence[str], rows: Sequence[Row]) -> str:
    """The fate of the payload, one row for each operation."""
    written = [row for row in rows if row["kind"] != "read"]
    fates: dict[tuple[Kind, str, str], dict[str, str]] = {}
    for kind in KINDS:
        for row in written:
            if row["kind"] == kind:
                fates.setdefault((kind, row["tool"], row["operation"]), {})[row["carrier"]] = row["verdict"]
    lines = [
        [KINDS[kind], tool, _literal(operation), *(fate[c] for c in carriers)]
        for (kind, tool, operation), fate in fates.items()
    ]
    return _table("what", "software", "exactly", *(_NAMES[carrier] for carrier in carriers), lines=lines)


def _orders(orders: Sequence[Row]) -> str:
    lines = []
    for name in dict.fromkeys(row["order"] for row in orders):
        rows = {row["carrier"]: row for row in orders if row["order"] == name}
        cells = ["; ".join([row["state"].lower(), *row["failures"]]) for row in (rows[c] for c in _NAMES)]
        answers = {row["expand"] for row in rows.values()}
        payload = "valid" if answers == {"ok"} else ", ".join(f"`{answer}`" for answer in sorted(answers))
        lines.append(f"| {name} | {' | '.join(cells)} | {payload} |")
    return "\n".join(lines) + "\n"


def _table(*titles: str, lines: Iterable[Sequence[str]]) -> str:
    return table(titles, lines) + "\n"


def _literal(text: str) -> str:
    """Text as code; with more backticks around if it has some."""
    marks = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{marks}{space}{text.replace('|', chr(92) + '|')}{space}{marks}"

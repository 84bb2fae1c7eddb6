"""XMP packets as properties and the bytes that each of them takes up.

Packets are changed by cutting properties out and putting others in; every other byte stays as it is. That they are
well-formed is for expat to say. What could make a reader expand or fetch anything, a document type, is refused.

References:
    Adobe XMP part 1 (2012), section 7 (serialisation in RDF/XML).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn
from xml.parsers import expat

from gamutmeta.errors import CarrierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["RDF", "NewProperty", "Packet", "Property", "edited", "new_packet", "read_packet", "tags_of"]

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "http://www.w3.org/XML/1998/namespace"

# What expat has found well-formed.
_NAME = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE = re.compile(rb"\s+([^\s=<>/\"']+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Characters that XML 1.0 has no way to write."""
_SPACE = re.compile("[\t\n\r]")
"""What would become a space in an attribute."""
_MAX_TEXT = 4096
"""Bytes of a property's value that are looked at."""
_MAX_SCOPE = 1000
"""Declarations of namespaces in one packet's head, and of nodes beside one another; real ones have a dozen."""

_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://cipa.jp/exif/1.0/": "exifEX",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
}
_URIS = {prefix: uri for uri, prefix in _PREFIXES.items()}


class Property(NamedTuple):
    """One property of the photograph, on the first level of a packet.

    Attributes:
        uri: its namespace; empty if its prefix is declared nowhere and not a usual one.
        name: without prefix.
        start: its first byte in the packet; of an attribute, of the white space before it.
        end: the first byte behind it.
        value: its text, without white space around it; of a structure, that of all its parts.
        is_attribute: it is written as an attribute.
        node: number of the description that it is in.
    """

    uri: str
    name: str
    start: int
    end: int
    value: str
    is_attribute: bool
    node: int


class NewProperty(NamedTuple):
    """A property to be put in.

    Attributes:
        uri: its namespace.
        name: without prefix.
        values: one or several texts.
        form: one text ("text"), or an array: ordered, unordered, or the same in several languages, of which the
            default one is written.
    """

    uri: str
    name: str
    values: tuple[str, ...]
    form: Literal["text", "Seq", "Bag", "Alt"] = "text"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was understood.

    Attributes:
        data: its bytes, UTF-8.
        properties: in the order of the bytes.
        about: what the descriptions are about, mostly "".
        place: where a further description can be put in; None if there is no RDF in the packet.
        closing: what has to stand behind such a description: the end of an RDF element that was empty.
        cut: how many bytes at `place` these replace.
        scopes: of every description, the namespaces that are declared where it stands, by prefix.
    """

    data: bytes
    properties: tuple[Property, ...]
    about: str
    place: int | None
    closing: bytes
    cut: int
    scopes: tuple[Mapping[str, str], ...]

    def find(self, uri: str, *names: str) -> Iterator[Property]:
        """The properties with these names in a namespace; without names, all of them."""
        return (p for p in self.properties if p.uri == uri and (not names or p.name in names))


def read_packet(data: bytes) -> Packet:
    """Understand a packet; NULs behind it are taken for padding.

    Args:
        data: the packet, in any of XML's encodings.

    Raises:
        CarrierError: it is not well-formed, or has a document type.
    """
    data = _in_utf8(data)
    reader = _Reader(data)
    try:
        reader.parser.Parse(data, True)  # noqa: FBT003 - expat takes it by position
    except expat.ExpatError as error:
        raise CarrierError(f"XMP: {error}") from error
    return Packet(
        data,
        tuple(sorted(reader.properties, key=lambda p: p.start)),
        reader.about or "",
        reader.place,
        reader.closing,
        reader.cut,
        tuple(reader.scopes),
    )


def edited(packet: Packet, *, remove: Iterable[Property] = (), add: Sequence[NewProperty] = ()) -> bytes:
    """The packet without some of its properties and with others.

    Args:
        packet: as it was read.
        remove: some of its properties.
        add: properties that are put into a description of their own.
    """
    if add and packet.place is None:
        return new_packet(add)
    cuts = [(p.start, p.end, b"") for p in remove]
    if add and packet.place is not None:
        content = _description(packet.about, add)
        if packet.closing:
            content = b">" + content + packet.closing
        cuts.append((packet.place, packet.place + packet.cut, content))
    kept, position = [], 0
    for start, end, content in sorted(cuts):
        kept += [packet.data[position:start], content]
        position = end
    return b"".join((*kept, packet.data[position:]))


def new_packet(properties: Sequence[NewProperty]) -> bytes:
    """A packet of these properties."""
    head = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
    return head.encode() + _description("", properties) + b"</rdf:RDF></x:xmpmeta>"


def tags_of(about: str, scope: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What opens and closes a description in which these namespaces are declared; attributes may follow the first."""
    names = {"": "xmlns"} | {prefix: f"xmlns:{prefix}" for prefix in scope if prefix}
    declared = "".join(f" {names[prefix]}={_quoted(uri)}" for prefix, uri in scope.items() if prefix != "xml")
    rdf = next((prefix for prefix, uri in scope.items() if uri == RDF and prefix), "rdf")
    if scope.get(rdf) != RDF:
        declared += f' xmlns:{rdf}="{RDF}"'
    return f"<{rdf}:Description {rdf}:about={_quoted(about)}{declared}".encode(), f"</{rdf}:Description>".encode()


def _description(about: str, properties: Sequence[NewProperty]) -> bytes:
    uris = dict.fromkeys(p.uri for p in properties)
    prefixes = {uri: _PREFIXES.get(uri, f"ns{number}") for number, uri in enumerate(uris)}
    start, end = tags_of(about, {"rdf": RDF} | {prefix: uri for uri, prefix in prefixes.items()})
    short = [p for p in properties if p.form == "text" and not _SPACE.search(p.values[0])]
    attributes = "".join(f" {prefixes[p.uri]}:{p.name}={_quoted(p.values[0])}" for p in short)
    body = "".join(_element(f"{prefixes[p.uri]}:{p.name}", p) for p in properties if p not in short)
    return start + attributes.encode() + b">" + body.encode() + end


def _element(name: str, new: NewProperty) -> str:
    texts = [html.escape(_FORBIDDEN.sub("", text), quote=False) for text in new.values]
    if new.form == "text":
        return f"<{name}>{texts[0]}</{name}>"
    language = ' xml:lang="x-default"' if new.form == "Alt" else ""
    items = "".join(f"<rdf:li{language}>{text}</rdf:li>" for text in texts)
    return f"<{name}><rdf:{new.form}>{items}</rdf:{new.form}></{name}>"


def _quoted(text: str) -> str:
    return f'"{html.escape(_FORBIDDEN.sub("", text))}"'


def _in_utf8(data: bytes) -> bytes:
    """The packet in the encoding that JPEG and PNG ask for."""
    data = data.lstrip(b" \t\r\n") if not data.startswith((b"\xff\xfe", b"\xfe\xff")) else data
    forms = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    forms |= {b"<\0\0\0": "utf-32-le", b"\0\0\0<": "utf-32-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
    encoding = next((name for mark, name in forms.items() if data.startswith(mark)), None)
    if encoding is None:
        return data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\0")
    size = 4 if "32" in encoding else 2
    try:
        return data[: len(data) // size * size].decode(encoding).encode().rstrip(b"\0")
    except UnicodeError as error:
        raise CarrierError(f"XMP: {error}") from error


class _Reader:
    """What expat reports, as properties.

    Attributes:
        parser: to be fed.
        properties, about, place, closing, cut, scopes: as in :class:`Packet`.
    """

    def __init__(self, data: bytes) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.properties: list[Property] = []
        self.about: str | None = None
        self.place: int | None = None
        self.closing, self.cut = b"", 0
        self.scopes: list[Mapping[str, str]] = []
        self._data = data
        self._depth = 0
        self._rdf: int | None = None
        """Depth of the RDF element that the parser is in."""
        self._declared: list[tuple[int, str]] = []
        """Depth and prefix of the namespaces that are declared outside properties."""
        self._uris: dict[str, list[str]] = {}
        """Namespaces by prefix; the last one counts."""
        self._property: tuple[str, str, int, int] | None = None
        """Namespace, name, start, and the end of its start tag, of the property that the parser is in."""
        self._value: list[str] = []
        self._room = 0
        self._inner_value = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        level = None if self._rdf is None else self._depth - self._rdf
        if level is not None and level > 2:
            self._within(name, attributes)
            return
        for key, uri in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                self._declared.append((self._depth, key[6:]))
                self._uris.setdefault(key[6:], []).append(uri)
        at = self.parser.CurrentByteIndex
        if len(self._declared) > _MAX_SCOPE:
            raise CarrierError("XMP: more namespaces than any real packet has")
        if level is None and self._name(name) == (RDF, "RDF"):
            self._rdf = self._depth
            if self.place is None:
                self._open_rdf(name, at)
        elif level == 1:
            self._node(at, attributes)
        elif level == 2:
            self._property = (*self._name(name), at, self._tag_end(at))
            self._value, self._room, self._inner_value = [], _MAX_TEXT, False
            self._within(name, attributes)

    def _within(self, name: str, attributes: dict[str, str]) -> None:
        """Values that stand in attributes or in a node of their own; all of a property's levels come here."""
        local = name.rpartition(":")[2]
        for key in attributes:
            if key.rpartition(":")[2] in {"value", "resource"} and self._property is not None:
                self._value = [attributes[key][:_MAX_TEXT]]
                self._room = 0
        if local == "value" and self._room:
            self._value, self._inner_value = [], True

    def _node(self, at: int, attributes: dict[str, str]) -> None:
        """A description: some of its attributes are properties."""
        if len(self.scopes) >= _MAX_SCOPE:
            raise CarrierError("XMP: more descriptions than any real packet has")
        self.scopes.append({prefix: uris[-1] for prefix, uris in self._uris.items() if uris})
        for match in _attributes(self._data, at):
            key = match[1].decode()
            if key == "xmlns" or key.startswith("xmlns:"):
                continue
            uri, local = self._name(key)
            if local == "about" and uri in {RDF, ""}:
                self.about = attributes[key] if self.about is None else self.about
            elif uri not in {RDF, _XML}:
                value = attributes[key][:_MAX_TEXT].strip()
                node = len(self.scopes) - 1
                self.properties.append(Property(uri, local, match.start(), match.end(), value, True, node))  # noqa: FBT003

    def _end(self, name: str) -> None:
        level = None if self._rdf is None else self._depth - self._rdf
        at = self.parser.CurrentByteIndex
        if level is not None and level > 2:
            if self._inner_value and name.rpartition(":")[2] == "value":
                self._room = 0
        elif level == 2 and self._property is not None:
            uri, local, start, tag_end = self._property
            end = tag_end if self._data[tag_end - 2 : tag_end] == b"/>" else self._data.index(b">", at) + 1
            value = "".join(self._value).strip()
            self.properties.append(Property(uri, local, start, end, value, False, len(self.scopes) - 1))  # noqa: FBT003
            self._property = None
        elif level == 0:
            self.place = at if self.place is None else self.place
            self._rdf = None
        if level is None or level <= 2:
            while self._declared and self._declared[-1][0] == self._depth:
                self._uris[self._declared.pop()[1]].pop()
        self._depth -= 1

    def _open_rdf(self, name: str, at: int) -> None:
        end = self._tag_end(at)
        if self._data[end - 2 : end] == b"/>":
            self.place, self.cut, self.closing = end - 2, 2, f"</{name}>".encode()

    def _text(self, text: str) -> None:
        if self._room > 0 and self._property is not None:
            self._value.append(text[: self._room])
            self._room -= len(text)

    def _refuse(self, *_: object) -> NoReturn:
        raise CarrierError("XMP: a packet has no document type")

    def _name(self, name: str) -> tuple[str, str]:
        """Namespace and local name; without a prefix, attributes have none."""
        prefix, _, local = name.rpartition(":")
        if prefix == "xml":
            return _XML, local
        uris = self._uris.get(prefix)
        # Some writers forget to declare what everybody knows, and some readers look for prefixes alone.
        return uris[-1] if uris else _URIS.get(prefix, ""), local

    def _tag_end(self, at: int) -> int:
        end = at
        for match in _attributes(self._data, at):
            end = match.end()
        name = _NAME.match(self._data, at)
        return self._data.index(b">", max(end, name.end() if name else at)) + 1


def _attributes(data: bytes, at: int) -> Iterator[re.Match[bytes]]:
    """The attributes of the start tag that begins at a byte."""
    name = _NAME.match(data, at)
    match = _ATTRIBUTE.match(data, name.end()) if name else None
    while match:
        yield match
        match = _ATTRIBUTE.match(data, match.end())

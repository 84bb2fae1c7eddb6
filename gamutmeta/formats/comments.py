"""Comments: a JPEG's, and the named texts of PNG. What kinds of files have no room for goes into XMP.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), section 11.3.3.1 (keywords).
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from gamutmeta.formats.xmp_packet import NewProperty

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COMMENT", "Comment", "about_photograph", "user_comment", "xmp_of_comments"]

COMMENT = "Comment"
"""The keyword of PNG for what a JPEG's comments are."""

_DC = "http://purl.org/dc/elements/1.1/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_CREATION_TIME = "Creation Time"
_FIELDS: dict[str, tuple[str, str, Literal["text", "Seq", "Alt"]]] = {
    "Title": (_DC, "title", "Alt"),
    "Author": (_DC, "creator", "Seq"),
    "Description": (_DC, "description", "Alt"),
    "Copyright": (_DC, "rights", "Alt"),
    "Software": (_XMP, "CreatorTool", "text"),
    "Disclaimer": (_RIGHTS, "UsageTerms", "Alt"),
    _CREATION_TIME: (_XMP, "CreateDate", "text"),
}
_STANDARD = {keyword.lower(): keyword for keyword in (COMMENT, *_FIELDS)}
_OF_PROGRAMS = re.compile(r"(?:date|exif|tiff|png|icc|xmp|dc|jpeg|dng|Thumb|signature)[:]")
"""Keywords with which ImageMagick and file managers repeat what stands elsewhere, or describe the file."""


class Comment(NamedTuple):
    """A comment.

    Attributes:
        keyword: "Comment"; of PNG's texts also "Title", "Copyright" and the like.
        text: UTF-8, or whatever bytes a JPEG has.
    """

    keyword: str
    text: bytes

    @property
    def words(self) -> str:
        """The text; Latin-1 if it is not UTF-8."""
        try:
            return self.text.decode()
        except UnicodeDecodeError:
            return self.text.decode("latin-1")


def about_photograph(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Without those in which programs describe the file; ImageMagick's lower-case keywords become the standard's."""
    return tuple(
        Comment(_STANDARD.get(keyword.lower(), keyword), text)
        for keyword, text in comments
        if not _OF_PROGRAMS.match(keyword) and text.strip()
    )


def xmp_of_comments(comments: Iterable[Comment]) -> tuple[list[NewProperty], list[Comment]]:
    """The comments with keywords that XMP has a property for, and the others, named by their keywords."""
    properties: dict[str, NewProperty] = {}
    others: list[Comment] = []
    for comment in comments:
        words = _date(comment.words) if comment.keyword == _CREATION_TIME else comment.words
        if comment.keyword in _FIELDS and comment.keyword not in properties and words:
            uri, name, form = _FIELDS[comment.keyword]
            properties[comment.keyword] = NewProperty(uri, name, (words,), form)
        elif comment.keyword == COMMENT:
            others.append(comment)
        else:
            others.append(Comment(COMMENT, f"{comment.keyword}: {comment.words}".encode()))
    return list(properties.values()), others


def user_comment(comments: Iterable[Comment]) -> NewProperty:
    """Comments as the one that XMP has a property for."""
    return NewProperty(_EXIF, "UserComment", ("\n".join(comment.words for comment in comments),), "Alt")


def _date(text: str) -> str:
    """A date as XMP writes it; "" where it is none."""
    with suppress(ValueError):
        return datetime.fromisoformat(text.strip()).isoformat()
    with suppress(ValueError):
        return parsedate_to_datetime(text).isoformat()
    return ""

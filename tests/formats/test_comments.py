from __future__ import annotations

import pytest

from gamutmeta.formats.comments import Comment, about_photograph, user_comment, xmp_of_comments


def test_keywords_that_xmp_knows() -> None:
    comments = [
        Comment("Copyright", b"me"),
        Comment("Author", b"A"),
        Comment("Comment", b"hello"),
        Comment("prompt", b"{}"),
    ]
    properties, others = xmp_of_comments([*comments, Comment("Author", b"B")])
    assert [(new.name, new.values, new.form) for new in properties] == [
        ("rights", ("me",), "Alt"),
        ("creator", ("A",), "Seq"),
    ]
    assert others == [Comment("Comment", b"hello"), Comment("Comment", b"prompt: {}"), Comment("Comment", b"Author: B")]
    assert user_comment(others).values == ("hello\nprompt: {}\nAuthor: B",)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020-01-02T03:04:05+01:00", "2020-01-02T03:04:05+01:00"),
        ("Thu, 02 Jan 2020 03:04:05 +0100", "2020-01-02T03:04:05+01:00"),
        ("last summer", None),
    ],
)
def test_dates(text: str, date: str | None) -> None:
    properties, others = xmp_of_comments([Comment("Creation Time", text.encode())])
    assert [new.values[0] for new in properties] == ([date] if date else [])
    assert others == ([] if date else [Comment("Comment", b"Creation Time: last summer")])


def test_programs_notes_to_themselves_are_no_comments() -> None:
    kept = [Comment("Comment", b"x"), Comment("Title", b"y"), Comment("Other", b"z")]
    noise = [Comment("date:create", b"2020"), Comment("Thumb::URI", b"file:///x"), Comment("Title", b" ")]
    lower = [Comment(keyword.lower() if keyword != "Other" else keyword, text) for keyword, text in kept]
    assert about_photograph([*noise, *lower]) == tuple(kept)


def test_words() -> None:
    assert Comment("Comment", "é".encode()).words == "é"
    assert Comment("Comment", b"\xe9").words == "é"

from __future__ import annotations

import logging
from threading import Thread

import pytest

from gamutmeta.runtime.logs import logged_by_decoders


@pytest.mark.parametrize("name", ["imagecodecs", "tifffile"])
def test_warnings_of_decoders_are_kept_and_not_printed(name: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(name)
    before = list(logger.filters)
    with logged_by_decoders() as messages:
        logger.warning("a chunk is %s\nand more", "odd")
        logger.warning("a chunk is odd")
        logger.error("x" * 500)
        logger.warning("PNG warning: Interlace handling should be turned on when using png_read_image")
    assert messages == ["a chunk is odd", "x" * 200]
    assert caplog.records == []
    assert logger.filters == before
    logger.warning("afterwards")
    assert [record.getMessage() for record in caplog.records] == ["afterwards"]


def test_all_else_goes_where_it_always_goes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with logged_by_decoders() as messages:
        logging.getLogger("imagecodecs").info("a detail")
        logging.getLogger("somebody").warning("else")
        other = Thread(target=logging.getLogger("imagecodecs").warning, args=("of another thread",))
        other.start()
        other.join()
    assert messages == []
    assert [record.getMessage() for record in caplog.records] == ["a detail", "else", "of another thread"]


def test_errors_leave_nothing_behind() -> None:
    with pytest.raises(ValueError, match="damaged"), logged_by_decoders():
        raise ValueError("damaged")
    assert logging.getLogger("imagecodecs").filters == []

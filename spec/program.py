"""The program under test, at the other end of a pipe, and all that can go wrong with it. Standard library only."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MAX_LINE", "Program", "ProgramError", "StartError"]

MAX_LINE = 16 << 20
"""Bytes of an answer that are read at most; the largest that is right has less than a hundredth of that."""

_GRACE = 5.0
"""Seconds that a program is given to be gone after it was killed."""


class ProgramError(Exception):
    """The program crashed, said what is no answer, or said nothing in time. It is gone then."""


class StartError(Exception):
    """There is no such program, or it may not be started; the message says which, and why."""


class Program:
    """A program that is started when it is asked something and not running.

    Args:
        command: the program and its arguments.
        timeout: seconds for an answer, start of the program included.
    """

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._command = list(command)
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def ask(self, question: Mapping[str, object]) -> dict[str, object]:
        """Ask one question and wait for the answer.

        Raises:
            ProgramError: no answer to this question comes.
            StartError: the program cannot be started.
        """
        process = self._running()
        line = json.dumps(question).encode() + b"\n"
        if process.stdin is None:
            raise ProgramError("it has no standard input")
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError:
            raise self._ended("it does not read its standard input") from None
        try:
            answer = self._lines.get(timeout=self._timeout)
        except queue.Empty:
            raise self._ended(
                f"no answer within {self._timeout:g} seconds; end each with a line break, and flush standard output"
            ) from None
        if not answer.endswith(b"\n"):
            problem = f"a line of more than {MAX_LINE:,} bytes" if len(answer) >= MAX_LINE else _without_answer(answer)
            raise self._ended(problem)
        try:
            decoded = json.loads(answer)
        except ValueError:
            raise self._ended(
                f"its answer is no JSON: {_shortened(answer)}; write answers alone to standard output, one a line"
            ) from None
        if not isinstance(decoded, dict):
            raise self._ended(f"its answer is no JSON object: {_shortened(answer)}")
        wrong = _of_another_question(question["id"], decoded)
        if wrong is not None:
            raise self._ended(f"{wrong}: {_shortened(answer)}")
        return decoded

    def finish(self) -> str | None:
        """Close the program's standard input and wait for its end.

        Returns:
            What is wrong with how it ended; None if nothing is.
        """
        if self._process is None:
            return None
        process = self._process
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            code = process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self._stop()
            return f"it does not end within {self._timeout:g} seconds after its standard input was closed"
        left = b""
        with contextlib.suppress(queue.Empty):  # a child of the program may hold its output open
            left = self._lines.get(timeout=_GRACE)
        self._stop()
        if left:
            return f"it says more than it was asked: {_shortened(left)}"
        return f"it ends with exit code {code} instead of 0" if code else None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            try:
                # Standard error is not piped: whatever the program complains about is shown.
                self._process = subprocess.Popen(  # noqa: S603 - the user says which program to test
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
            except OSError as error:
                raise StartError(f"{self._command[0]} cannot be started: {error.strerror or error}") from error
            self._lines = queue.SimpleQueue()
            threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()
        return self._process

    def _ended(self, problem: str) -> ProgramError:
        """Make sure that the program is gone; how it ended belongs to the problem."""
        code = self._stop()
        if code is None:
            return ProgramError(problem)
        return ProgramError(f"{problem} (exit code {code}{f', signal {-code}' if code < 0 else ''})")

    def _stop(self) -> int | None:
        """Kill the program unless it has ended by itself; its exit code in that case."""
        process, self._process = self._process, None
        if process is None:
            return None
        code: int | None = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            # One that has just closed its output is about to end.
            code = process.wait(0.2)
        if code is None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return code


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Put what the program says into the queue, line by line; at last an empty line."""
    if process.stdout is None:
        return
    with contextlib.suppress(OSError, ValueError):  # closed while it is read
        while line := process.stdout.readline(MAX_LINE):
            lines.put(line)
            if not line.endswith(b"\n"):
                break
    lines.put(b"")


def _of_another_question(asked: object, answer: Mapping[str, object]) -> str | None:
    """What is wrong with the id of an answer."""
    if "id" not in answer:
        return f"its answer has no id; copy that of the question, {json.dumps(asked)}"
    if answer["id"] != asked:
        said = _shortened(json.dumps(answer["id"]).encode())
        return (
            f"its answer has the id {said}, and {json.dumps(asked)} was asked; "
            "answer each question once, in the order of the questions, with its id"
        )
    return None


def _without_answer(rest: bytes) -> str:
    if rest:
        return f"it ends within an answer, or closes its standard output: {_shortened(rest)}"
    return "it ends, or closes its standard output, without an answer; what it writes to standard error is shown above"


def _shortened(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip("\n")
    return repr(text if len(text) <= 100 else text[:100] + "...")

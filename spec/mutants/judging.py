"""Which vector catches a mutant. All mutants of functions are compiled into one program, which is told which one to be.

That takes a tenth of the time of compiling each: of every function there are as many copies as it has mutants, and the
function itself begins with a switch that calls one of them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spec.conformance import FOLDER
from spec.mutants.making import FUNCTION, SOURCE, Mutant, applied
from spec.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

__all__ = ["Judge", "builder", "together"]

_SECONDS = 60.0
"""For all vectors together, many times what is needed; a mutant may hang."""

_WHICH = "GAMUTMETA_MUTANT"
_MAIN = "int main(int count, char **arguments) {\n"
_FLAGS = ("-O0", "-w", "-Wno-error")


def builder() -> ModuleType:
    """``decoders/build_c.py``, which is in no package."""
    name = "build_c"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SOURCE.with_name("build_c.py"))
        if spec is None or spec.loader is None:
            raise ImportError("decoders/build_c.py cannot be loaded")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def together(mutants: Sequence[Mutant], source: str) -> str:
    """A source with the mutants of functions in it; the environment variable says which one it is to be, from 1 on."""
    of_functions: dict[str, list[tuple[int, Mutant]]] = {}
    for number, mutant in enumerate(mutants, 1):
        of_functions.setdefault(mutant.function, []).append((number, mutant))

    def with_copies(found: re.Match[str]) -> str:
        text, name = found[0], found[1]
        mine = of_functions.get(name, [])
        head, body = text.split("{", 1)
        arguments = ", ".join(_names(head[head.index("(") + 1 : head.rindex(")")]))
        copies, cases = [], []
        for number, mutant in mine:
            copy = applied(mutant, text).replace(f"{name}(", f"{name}__{number}(", 1)
            copies.append(copy if copy.startswith("static") else f"static {copy}")
            call = f"{name}__{number}({arguments})"
            cases.append(
                f"case {number}: {f'{call}; return' if head.startswith(('void', 'static void')) else f'return {call}'};"
            )
        return "\n".join([*copies, f"{head}{{ switch (gm_mutant) {{ {' '.join(cases)} }}{body}" if cases else text])

    whole = FUNCTION.sub(with_copies, source)
    whole = whole.replace("static const uint8_t MAGIC", "static int gm_mutant;\nstatic const uint8_t MAGIC", 1)
    return whole.replace(_MAIN, f'{_MAIN}    gm_mutant = atoi(getenv("{_WHICH}"));\n', 1)


def _names(parameters: str) -> Iterator[str]:
    for parameter in parameters.split(","):
        found = re.search(r"\(\*(\w+)\)|(\w+)$", parameter.strip())
        if found is not None and parameter.strip() != "void":
            yield found[1] or found[2]


@dataclass(slots=True)
class Judge:
    """Finds what catches mutants.

    Attributes:
        folder: where they are compiled.
        vectors: of the index, in the order in which they are asked.
        source: of the decoder.
        sanitized: whether accesses outside of memory and undefined behaviour count as failures.
        right: answers that were judged to be right, by vector, so that equal ones are not judged again.
    """

    folder: Path
    vectors: Sequence[Mapping[str, Any]]
    source: str
    sanitized: bool = False
    right: dict[str, bytes] = field(default_factory=dict)

    def killers(self, mutants: Sequence[Mutant]) -> Iterator[str | None]:
        """For each mutant the id of the first vector that it fails; None if it passes all of them.

        Raises:
            build_c.BuildError: it does not compile.
            ValueError: what a mutant changes is not there, or the decoder itself is not right.
        """
        inside = [mutant for mutant in mutants if mutant.function]
        program = self._compiled(together(inside, self.source))
        if (failed := self._first_failure(program, 0)) is not None:
            raise ValueError(f"the decoder itself fails {failed}")
        numbers = {mutant.key: number for number, mutant in enumerate(inside, 1)}
        for mutant in mutants:
            if mutant.function:
                yield self._first_failure(program, numbers[mutant.key])
            else:
                alone = self._compiled(together([], applied(mutant, self.source)), "alone")
                yield self._first_failure(alone, 0)

    def _compiled(self, source: str, name: str = "together") -> Path:
        file = self.folder / f"{name}.c"
        file.write_text(source, encoding="utf-8")
        flags = (*builder().SANITIZERS, *_FLAGS) if self.sanitized else _FLAGS
        program: Path = builder().build("program", self.folder / name, *flags, source=file)
        return program

    def _first_failure(self, program: Path, number: int) -> str | None:
        questions = self.folder / "questions"
        if not questions.exists():
            questions.write_text("".join(json.dumps(_question(vector)) + "\n" for vector in self.vectors))
        with questions.open("rb") as asked:
            process = subprocess.Popen(  # noqa: S603 - a mutant
                [str(program)],
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | {_WHICH: str(number)},
            )
        alarm = threading.Timer(_SECONDS, process.kill)
        alarm.start()
        try:
            for vector in self.vectors:
                # It ended, or hung, at the first vector that it did not answer.
                line = b"" if process.stdout is None else process.stdout.readline()
                if not self._is_right(vector, line):
                    return str(vector["id"])
            return None
        finally:
            alarm.cancel()
            process.kill()
            process.communicate()

    def _is_right(self, vector: Mapping[str, Any], line: bytes) -> bool:
        if self.right.get(vector["id"]) == line:
            return True
        try:
            problem = judge(vector, json.loads(line), FOLDER).problem
        except ValueError:
            return False
        if problem is None:
            self.right.setdefault(vector["id"], line)
        return problem is None


def _question(vector: Mapping[str, Any]) -> dict[str, str]:
    paths = {key: str(FOLDER / vector[key]) for key in ("file", "pixels") if key in vector}
    return {"id": vector["id"], "operation": vector["operation"], **paths}

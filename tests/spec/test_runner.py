"""The conformance runner: passes who is right, and nobody else, whatever a program does."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from spec import program as program_module
from spec.conformance import FOLDER, PATIENCE, main
from spec.verdict import judge

if TYPE_CHECKING:
    from pathlib import Path

ROOT = FOLDER.parents[1]
FEW = [f"--only=expand/{name}" for name in ("png-grid-gate-0", "clip-cat02-primaries", "descriptor-twice")]
FEW += ["--only=extract/jpeg-com-usual", "--only=extract/png-twice"]

TESTEE = """
import base64, json, sys, time

RIGHT = json.load(open({answers!r}))

def tampered(question, answer, count):
    {tamper}
    return answer

for count, line in enumerate(sys.stdin):
    question = json.loads(line)
    said = tampered(question, dict(RIGHT[question['id']]), count)
    if said is not None:
        print(said if isinstance(said, str) else json.dumps(said), flush=True)
{ending}
"""


def right_answer(vector: dict[str, Any]) -> dict[str, Any]:
    """What the vector itself says. The package's own answer may be off by the tolerance."""
    if vector["result"] == "error":
        return {"id": vector["id"], "error": vector["error"]}
    expected = (FOLDER / vector["expected"]).read_bytes()
    if vector["operation"] == "extract":
        return {"id": vector["id"], "container": base64.b64encode(expected).decode()}
    _, size, _, samples = expected.split(b"\n", 3)
    width, height = map(int, size.split())
    return {"id": vector["id"], "width": width, "height": height, "samples": base64.b64encode(samples).decode()}


def samples_of(*names: str) -> int:
    """How many samples these vectors expand to."""
    vectors = json.loads((FOLDER / "index.json").read_bytes())["vectors"]
    sizes = [
        (FOLDER / vector["expected"]).read_bytes().split(b"\n", 2)[1].split()
        for vector in vectors
        if vector["id"] in names
    ]
    return sum(3 * int(width) * int(height) for width, height in sizes)


SAMPLES = samples_of("expand/png-grid-gate-0", "expand/clip-cat02-primaries")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Right answers, in a file, so that the programs below start quickly."""
    vectors = json.loads((FOLDER / "index.json").read_bytes())["vectors"]
    path = tmp_path_factory.mktemp("answers") / "right.json"
    path.write_text(json.dumps({vector["id"]: right_answer(vector) for vector in vectors}))
    return path


@pytest.fixture
def testee(tmp_path: Path, answers: Path) -> Any:
    """Make a program that alters right answers, and gives its command."""

    def make(tamper: str = "pass", ending: str = "") -> list[str]:
        path = tmp_path / "testee.py"
        body = textwrap.indent(textwrap.dedent(tamper), "    ").strip()
        path.write_text(TESTEE.format(answers=str(answers), tamper=body, ending=ending))
        return [sys.executable, str(path)]

    return make


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["--json", "--timeout=20", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_the_package_passes_everything() -> None:
    command = [sys.executable, "-m", "spec.conformance", "--", sys.executable, "-m", "gamutmeta", "conform"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    count = len(json.loads((FOLDER / "index.json").read_bytes())["vectors"])
    assert done.stdout.splitlines()[-1].startswith(f"{count:,} of {count:,} vectors passed; ")
    assert done.returncode == 0
    assert not done.stderr


def test_the_runner_knows_nothing_of_the_package() -> None:
    code = "import sys, spec.conformance; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stdout.replace("'", '"'))) - {"spec", "__main__"}
    assert modules <= {*sys.stdlib_module_names, *sys.builtin_module_names}


def test_right_answers_pass(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    code, result = outcome(capsys, *FEW, "--", *testee())
    assert code == 0
    names = ("expand/png", "expand/clip", "expand/descriptor", "extract/jpeg", "extract/png")
    groups = {name: {"passed": 1, "vectors": 1} for name in names}
    told = {"groups": groups, "differing_samples": 0, "samples": SAMPLES}
    assert result == {"passed": 5, "failed": 0, "failures": [], "ending": None, "largest_difference": 0, **told}


OFF = """
if "samples" in answer:
    data = bytearray(base64.b64decode(answer["samples"]))
    for i in range(0, {count}):
        value = int.from_bytes(data[2 * i:2 * i + 2], "big")
        value += {by} if value < 60000 else -{by}
        data[2 * i:2 * i + 2] = value.to_bytes(2, "big")
    answer["samples"] = base64.b64encode(data).decode()
"""
BIASED = """
if "samples" in answer:
    # What rounding to one side makes of it: half of the samples are 1 less, or more.
    data = bytearray(base64.b64decode(answer["samples"]))
    for i in range(0, len(data) // 2, 2):
        value = int.from_bytes(data[2 * i:2 * i + 2], "big") + {{"floor": -1, "ceil": 1}}["{rounding}"]
        data[2 * i:2 * i + 2] = min(max(value, 0), 65535).to_bytes(2, "big")
    answer["samples"] = base64.b64encode(data).decode()
"""
SWAPPED = """
if "samples" in answer:
    data = bytearray(base64.b64decode(answer["samples"]))
    data[::2], data[1::2] = data[1::2], data[::2]
    answer["samples"] = base64.b64encode(data).decode()
"""


@pytest.mark.parametrize(
    ("tamper", "failed", "problem"),
    {
        "samples off by 3": (OFF.format(count=1, by=3), 2, "differ by more than 1"),
        "samples off by 2, too many": (OFF.format(count=2, by=2), 2, "differ by more than 1"),
        "little-endian": (SWAPPED, 2, "samples differ"),
        "sample missing": ('if "samples" in answer: answer["samples"] = answer["samples"][:-4]', 2, "bytes of samples"),
        "width off by 1": (
            'if "width" in answer: answer["width"] += 1',
            2,
            "width is",
        ),
        "width as string": ('if "width" in answer: answer["width"] = str(answer["width"])', 2, "width is"),
        "no base64": ('if "container" in answer: answer["container"] = "*" + answer["container"]', 1, "not base64"),
        "base64 as list": ('if "container" in answer: answer["container"] = [1]', 1, "missing or no string"),
        "container cut": (
            'if "container" in answer: answer["container"] = answer["container"][:-4]',
            1,
            "bytes instead of",
        ),
        "container changed": (
            'if "container" in answer: answer["container"] = "iUdNVAAA" + answer["container"][8:]',
            1,
            "differs from byte 4",
        ),
        "parent code": (
            'if "error" in answer: answer["error"] = answer["error"].split(".")[0]',
            1,
            "'carrier' instead",
        ),
        "longer code": ('if "error" in answer: answer["error"] += ".x"', 2, ".x' instead"),
        "code as number": ('if "error" in answer: answer["error"] = 3', 2, "error 3 instead"),
        "always an error": ('answer = {"id": answer["id"], "error": "payload"}', 4, "'payload' instead of"),
        "never an error": ('answer.pop("error", None)', 2, "a result instead of error"),
        "error and result": ('if "error" in answer: answer["container"] = ""', 2, "together with container"),
        "nothing": ('answer = {"id": answer["id"]}', 5, ""),
    }.values(),
    ids=str,
)
def test_wrong_answers_fail(
    testee: Any, capsys: pytest.CaptureFixture[str], tamper: str, failed: int, problem: str
) -> None:
    code, result = outcome(capsys, *FEW, "--", *testee(tamper))
    assert code == 1
    assert (result["passed"], result["failed"]) == (5 - failed, failed)
    assert all(problem in failure["problem"] for failure in result["failures"])
    assert result["ending"] is None


@pytest.mark.parametrize("rounding", ["floor", "ceil"])
def test_rounding_to_one_side_is_found(testee: Any, capsys: pytest.CaptureFixture[str], rounding: str) -> None:
    tamper = BIASED.format(rounding=rounding)
    code, result = outcome(capsys, "--only=expand/clip-*", "--", *testee(tamper))
    assert code == 1
    assert result["largest_difference"] == 1
    assert {failure["id"] for failure in result["failures"]} >= {"expand/clip-bradford-all-codes"}


def test_the_tolerance_is_that_of_the_text(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    # 1 in 3 + 2 % of 3,072 samples, then 2 in one of them.
    one = ["--only=expand/clip-cat02-all-codes", "--"]
    assert outcome(capsys, *one, *testee(OFF.format(count=64, by=1)))[0] == 0
    code, result = outcome(capsys, *one, *testee(OFF.format(count=65, by=1)))
    assert code == 1
    assert "65 of 3,072 samples differ, by 1 at most" in result["failures"][0]["problem"]
    code, result = outcome(capsys, *one, *testee(OFF.format(count=1, by=2)))
    assert (code, result["largest_difference"]) == (0, 2)
    assert outcome(capsys, *one, *testee(OFF.format(count=4, by=2)))[0] == 1
    assert outcome(capsys, *one, *testee(OFF.format(count=1, by=3)))[0] == 1


@pytest.mark.parametrize(
    ("tamper", "problem"),
    {
        "crash": ("if count == 1: sys.exit(7)", "(exit code 7)"),
        "exception": ("if count == 1: raise ValueError('on purpose')", "(exit code 1)"),
        "killed": ("if count == 1: import os; os.kill(os.getpid(), 9)", "(exit code -9, signal 9)"),
        "quiet end": ("if count == 1: sys.exit(0)", "(exit code 0)"),
        "half an answer": (
            "if count == 1: sys.stdout.write('{\"id\"'); sys.stdout.flush(); sys.exit(0)",
            "within an answer",
        ),
        "garbage": ("if count == 1: answer = 'Hello!'", "no JSON: 'Hello!'"),
        "not UTF-8": (
            "if count == 1: sys.stdout.buffer.write(b'\\xff\\xfe\\n'); sys.stdout.flush(); answer = None",
            "JSON",
        ),
        "empty line": ("if count == 1: answer = ''", "no JSON"),
        "array": ("if count == 1: answer = [answer]", "no JSON object: '[{"),
        "another question's": ("if count == 1: answer['id'] = 'expand/other'", 'has the id \'"expand/other"\', and "'),
        "null": ("if count == 1: answer['id'] = None", "has the id 'null', and \""),
        "no id": ("if count == 1: del answer['id']", 'has no id; copy that of the question, "'),
        "closed output": (
            "if count == 1: import os; os.close(1); time.sleep(100)",
            "closes its standard output, without",
        ),
        "two answers": ("if count == 0: print(json.dumps(answer), flush=True)", "answer each question once"),
    }.values(),
    ids=str,
)
def test_programs_that_fail_are_started_anew(
    testee: Any, capfd: pytest.CaptureFixture[str], tamper: str, problem: str
) -> None:
    code = main(["--json", *FEW, "--", *testee(tamper)])
    result = json.loads(capfd.readouterr().out)
    assert code == 1
    # The program counts from its start: of five vectors the second fails, and the fourth if that is the second again.
    assert 1 <= result["failed"] <= 2
    assert all(problem in failure["problem"] for failure in result["failures"])
    assert all("the program failed" in failure["problem"] for failure in result["failures"])
    named = [re.findall('(?:question, |and )"(.*?)"', failure["problem"]) for failure in result["failures"]]
    assert all(names in ([], [failure["id"]]) for names, failure in zip(named, result["failures"], strict=True))


def test_programs_that_hang_are_stopped(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    command = testee("if count == 1: time.sleep(100)")
    code = main(["--json", "--timeout=2", *FEW[:2], "--", *command])
    result = json.loads(capsys.readouterr().out)
    assert code == 1
    assert "no answer within 2 seconds; end each with a line break" in result["failures"][0]["problem"]


def test_endless_lines_are_cut(
    testee: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program_module, "MAX_LINE", 1 << 16)
    code, result = outcome(capsys, FEW[0], "--", *testee("while True: sys.stdout.write('x' * 4096)"))
    assert code == 1
    assert "a line of more than 65,536 bytes" in result["failures"][0]["problem"]


@pytest.mark.parametrize(
    ("ending", "problem"),
    {
        "exit code": ("sys.exit(3)", "exit code 3"),
        "does not end": ("time.sleep(100)", "does not end within"),
        "says more": ("print('Good bye!', flush=True)", "more than it was asked: 'Good bye!'"),
    }.values(),
    ids=str,
)
def test_the_end_counts_as_well(testee: Any, capsys: pytest.CaptureFixture[str], ending: str, problem: str) -> None:
    code = main(["--json", "--timeout=2", FEW[0], "--", *testee(ending=ending)])
    result = json.loads(capsys.readouterr().out)
    assert code == 1
    assert result["passed"] == 1
    assert problem in result["ending"]


def test_it_gives_up_on_a_program_that_never_answers(capsys: pytest.CaptureFixture[str]) -> None:
    code, result = outcome(capsys, "--only=extract/png-*", "--", sys.executable, "-c", "pass")
    assert code == 1
    assert result["passed"] == 0
    asked = [failure for failure in result["failures"] if "not asked any more" not in failure["problem"]]
    assert len(asked) == PATIENCE


def test_a_program_that_is_not_there_is_said_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    for command, reason in (
        ("no-such-program-anywhere", "No such file"),
        (str(tmp_path / "text"), "Permission denied"),
    ):
        assert main([*FEW, "--", command]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith(f"{command} cannot be started: {reason}")
        assert said.err.count("\n") == 1


def test_the_table_names_what_failed(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FEW, "--", *testee('answer.pop("error", None)')]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=2)[1:] == ["expand/descriptor-twice", "a result instead of error 'payload'"]
    assert lines[2:] == [
        "expand/clip            1 of     1",
        "expand/descriptor      0 of     1",
        "expand/png             1 of     1",
        "extract/jpeg           1 of     1",
        "extract/png            0 of     1",
        f"3 of 5 vectors passed; 0 of {SAMPLES:,} samples differ (0.00%), by 0 at most",
    ]


def test_the_share_of_samples_that_differ_is_told(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    one = ["--only=expand/clip-cat02-all-codes", "--"]
    assert main([*one, *testee(OFF.format(count=50, by=1))]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "1 of 1 vectors passed; 50 of 3,072 samples differ (1.63%), by 1 at most"
    assert main([FEW[3], "--", *testee()]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 of 1 vectors passed"


def test_one_class_can_be_asked_for(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(capsys, *FEW, "--class=extractor", "--", *testee())[1]["passed"] == 2
    assert outcome(capsys, *FEW, "--class=decoder", "--", *testee())[1]["passed"] == 3


def test_a_reader_of_version_1_is_judged_as_one(testee: Any, capsys: pytest.CaptureFixture[str]) -> None:
    of_2 = ["--only=expand/sycc-colour", "--only=expand/sycc-smp-2", "--only=expand/container-version-2"]
    of_both = ["--only=expand/sycc-version-1-model", "--only=expand/container-version-3", FEW[0]]
    is_newer = '"sycc" in answer["id"] or answer["id"].endswith("version-2")'
    old = f'if {is_newer}: answer = {{"id": answer["id"], "error": "payload.version"}}'
    assert outcome(capsys, *of_2, "--reader=2", "--", *testee())[1]["passed"] == 3
    assert outcome(capsys, *of_2, "--", *testee(old))[1]["passed"] == 0
    assert outcome(capsys, *of_2, "--reader=1", "--", *testee())[1]["passed"] == 0
    assert outcome(capsys, *of_2, "--reader=1", "--", *testee(old))[1]["passed"] == 3
    for reader in ("1", "2"):
        assert outcome(capsys, *of_both, f"--reader={reader}", "--", *testee())[1]["passed"] == 3


@pytest.mark.parametrize("arguments", [["--only=nothing/*", "--", "x"], ["--vectors=/nowhere", "--", "x"]])
def test_nothing_to_ask_is_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--timeout=0", "--", "x"],
        ["--timeout=nan", "--", "x"],
        ["--class=writer"],
        ["--reader=3", "--", "x"],
        ["--reader=0", "--", "x"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_answers_that_are_no_objects() -> None:
    vector = {"operation": "extract", "result": "error", "error": "carrier"}
    for said in (None, 3, "x", [], True):
        assert judge(vector, said, FOLDER).problem is not None

import os
import stat
import sys
from pathlib import Path

import pytest

from pytest_sluice import SluiceCommand, SluiceError


def program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.fixture
def empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_a_given_command_is_read_as_a_shell_would(tmp_path: Path) -> None:
    assert SluiceCommand.find("node 'a b/main.ts'", tmp_path).argv == ["node", "a b/main.ts"]


def test_the_program_on_path_comes_before_that_of_node_modules(empty_path: Path, tmp_path: Path) -> None:
    local = program(tmp_path / "node_modules" / ".bin" / "sluice", "")
    project = tmp_path / "project" / "tests"
    project.mkdir(parents=True)
    assert SluiceCommand.find(None, project).argv == [local]
    on_path = program(empty_path / "sluice", "")
    assert SluiceCommand.find(None, project).argv == [on_path]


def test_where_there_is_no_program_the_error_says_what_to_do(empty_path: Path, tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match=r"npm install sluice.*--sluice-command or SLUICE_COMMAND"):
        SluiceCommand.find(None, tmp_path)


def test_a_command_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(SluiceError, match="cannot run .*missing"):
        SluiceCommand([str(tmp_path / "missing")]).json("cluster", "list", "--json")


def test_a_failure_carries_the_words_and_the_code_of_sluice(tmp_path: Path) -> None:
    failing = program(
        tmp_path / "sluice",
        "import sys; sys.stderr.write('note\\nerror: no such thing [CLUSTER_NOT_FOUND]\\n  look\\n'); sys.exit(4)",
    )
    with pytest.raises(SluiceError, match=r"no such thing \[CLUSTER_NOT_FOUND\]") as caught:
        SluiceCommand([failing]).json("cluster", "status", "--json")
    assert (caught.value.code, caught.value.exit_code) == ("CLUSTER_NOT_FOUND", 4)


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hanging = program(
        tmp_path / "sluice",
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "child.wait()",
    )
    with pytest.raises(TimeoutError, match="did not end in 5 s"):
        SluiceCommand([hanging]).text("logs", "1", timeout=5)
    stat_file = Path("/proc") / pid_file.read_text() / "stat"
    assert not stat_file.exists() or stat_file.read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_gateway_somewhere_else_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLUICE_URL", "http://somewhere.example")
    telling = program(tmp_path / "sluice", "import json, os; print(json.dumps([os.environ.get('SLUICE_URL'), os.environ['X']]))")
    assert SluiceCommand([telling]).having({"X": "1"}).json() == [None, "1"]
    assert os.environ["SLUICE_URL"] == "http://somewhere.example"

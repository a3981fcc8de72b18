"""Finds the `sluice` program, runs it, and reads the JSON that it prints."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

DEFAULT_TIMEOUT = 120.0
"""Seconds that a command may take that waits for no job."""


class SluiceError(Exception):
    """A command of Sluice failed, or could not be run. `code` is one of docs/errors.md, where there is one."""

    def __init__(self, message: str, code: Optional[str] = None, exit_code: Optional[int] = None) -> None:
        super().__init__(message if code is None else f"{message} [{code}]")
        self.code = code
        self.exit_code = exit_code


class SluiceCommand:
    """How the `sluice` program is called here, and with which variables on top of those of this process."""

    def __init__(self, argv: Sequence[str], environment: Optional[Mapping[str, str]] = None) -> None:
        self.argv = list(argv)
        self.environment = dict(environment or {})

    @classmethod
    def find(cls, given: Optional[str], folder: Path) -> SluiceCommand:
        """The command that is given as a line of shell words; else `sluice` on PATH; else what `npx sluice` runs in `folder`.

        Raises `SluiceError` where there is none.
        """
        if given:
            return cls(shlex.split(given))
        on_path = shutil.which("sluice")
        if on_path is not None:
            return cls([on_path])
        for parent in [folder, *folder.parents]:
            program = parent / "node_modules" / ".bin" / "sluice"
            if program.exists():
                return cls([str(program)])
        raise SluiceError(
            f"the program `sluice` is neither on PATH nor in a node_modules folder of {folder} or above it; "
            "install it with `npm install sluice`, or say where it is with --sluice-command or SLUICE_COMMAND"
        )

    def having(self, environment: Mapping[str, str]) -> SluiceCommand:
        """The same command with further variables."""
        return SluiceCommand(self.argv, {**self.environment, **environment})

    def json(self, *args: str, stdin: str = "", timeout: float = DEFAULT_TIMEOUT) -> Any:
        """What a command with `--json` prints. Raises `SluiceError` where it fails."""
        return _read(args, self._succeed(args, stdin, timeout))

    def text(self, *args: str, timeout: float = DEFAULT_TIMEOUT) -> str:
        """What a command prints that has no `--json`. Raises `SluiceError` where it fails."""
        return self._succeed(args, "", timeout)

    def ended_job(self, *args: str, timeout: float) -> tuple[Any, str]:
        """What a command with `--json` prints that exits as a job did, and what it wrote to stderr.

        Raises `SluiceError` where it tells of no job.
        """
        stdout, stderr, exit_code = self._run(args, "", timeout)
        if stdout == "":
            raise _failure(args, stderr, exit_code)
        return _read(args, stdout), stderr

    def _succeed(self, args: Sequence[str], stdin: str, timeout: float) -> str:
        stdout, stderr, exit_code = self._run(args, stdin, timeout)
        if exit_code != 0:
            raise _failure(args, stderr, exit_code)
        return stdout

    def _run(self, args: Sequence[str], stdin: str, timeout: float) -> tuple[str, str, int]:
        # A session of its own: Ctrl-C is for pytest, which then ends what it has begun.
        try:
            child = subprocess.Popen(
                [*self.argv, *args],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._variables(),
                start_new_session=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as cause:
            raise SluiceError(f"cannot run {shlex.join(self.argv)}: {cause}") from cause
        try:
            stdout, stderr = child.communicate(stdin, timeout)
        except BaseException as cause:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
            if isinstance(cause, subprocess.TimeoutExpired):
                raise TimeoutError(f"`sluice {shlex.join(args)}` did not end in {timeout:g} s") from cause
            raise
        return stdout, stderr, child.returncode

    def _variables(self) -> dict[str, str]:
        inherited = dict(os.environ)
        # A gateway somewhere else does not know the clusters of this machine.
        inherited.pop("SLUICE_URL", None)
        return {**inherited, **self.environment}


def _read(args: Sequence[str], stdout: str) -> Any:
    try:
        return json.loads(stdout)
    except ValueError as cause:
        raise SluiceError(f"`sluice {shlex.join(args)}` printed something other than JSON: {stdout[:200]!r}") from cause


def _failure(args: Sequence[str], stderr: str, exit_code: int) -> Exception:
    told = re.search(r"^error: (.*) \[([A-Z_]+)\]$", stderr, re.MULTILINE)
    if told is None:
        return SluiceError(f"`sluice {shlex.join(args)}` ended with {exit_code}: {stderr.strip()}", exit_code=exit_code)
    message, code = told.groups()
    if code == "DEADLINE_EXCEEDED":
        return TimeoutError(message)
    return SluiceError(message, code, exit_code)

from __future__ import annotations

import pkgutil
import sqlite3
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
import typer

import edge.cli
from edge.cli.program import ENTRIES, program
from edge.domain.errors import StorageFailed
from edge.lab.bench.options import BenchOptions
from edge.lab.demo.options import DemoOptions
from tests.edge.cli.conftest import Cli

NAMES = [entry.name for entry in ENTRIES]


def leaves(name: str) -> list[str]:
    """The commands of a group, or the command itself."""
    group = typer.main.get_command(program([name])).commands[name]  # type: ignore[attr-defined]
    return [f"{name} {one}" for one in getattr(group, "commands", ())] or [name]


def test_the_list_of_commands_names_them_all(cli: Cli) -> None:
    said = cli("--help")
    assert said.code == 0
    words = " ".join(said.out.split())
    for entry in ENTRIES:
        assert f"{entry.name} {entry.says}" in words


@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_with_an_example(cli: Cli, name: str) -> None:
    for command in leaves(name):
        said = cli(*command.split(), "--help")
        assert said.code == 0
        assert f"Example: storeside {command}" in " ".join(said.out.split())


def test_every_module_with_a_command_of_its_own_has_its_line_in_the_list() -> None:
    modules = {one.name for one in pkgutil.iter_modules(edge.cli.__path__)} - {"program"}
    loaded = {name: import_module(f"edge.cli.{name}") for name in modules}
    # A part of a bigger group adds itself to that group and needs no name of its own.
    commands = {
        name
        for name, module in loaded.items()
        if hasattr(module, "add_to") and "says" in signature(module.add_to).parameters
    }
    assert commands == set(NAMES)


def test_the_list_is_told_without_loading_what_the_commands_need() -> None:
    code = (
        "import sys, edge.__main__; from edge.cli.program import call; call(['--help']);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'aiohttp', 'pydantic', 'edge.app.service')))"
    )
    words = [sys.executable, "-c", code]
    assert subprocess.run(words, check=False, capture_output=True).returncode == 0  # noqa: S603 - our own


def test_the_version_is_told(cli: Cli) -> None:
    assert cli("--version").out.startswith("storeside 0.")


def test_an_unknown_command_is_refused(cli: Cli) -> None:
    said = cli("dance")
    assert said.code == 2
    assert "'dance'" in said.err


def test_an_unknown_option_is_refused(cli: Cli) -> None:
    assert cli("run", "--fast").code == 2


class TestMishaps:
    """What a user sees of an error; ``doctor`` stands for every command."""

    @pytest.fixture
    def failing(self, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
        def fail(error: Exception) -> object:
            def look(*_: object) -> None:
                raise error

            monkeypatch.setattr(import_module("edge.cli.doctor"), "look", look)
            return cli("doctor")

        return fail  # type: ignore[return-value]  # called with an error instead of words

    def test_an_expected_one_is_a_sentence_and_its_mend(self, failing: Cli) -> None:
        said = failing(StorageFailed("the disk is gone", hint="put it back"))
        assert (said.code, said.out) == (1, "")
        assert said.err == "storeside: the disk is gone\nmend: put it back\n"

    def test_the_first_of_a_group_is_told(self, failing: Cli) -> None:
        said = failing(ExceptionGroup("two", [StorageFailed("first"), StorageFailed("second")]))
        assert said.err == "storeside: first\n"

    def test_an_unforeseen_one_is_told_without_its_text(self, failing: Cli) -> None:
        said = failing(RuntimeError("ann@example.test"))
        assert said.code == 1
        assert "unforeseen RuntimeError" in said.err
        assert "ann@" not in said.err
        assert "Traceback" not in said.err

    def test_the_traceback_is_shown_on_request(
        self, failing: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STORESIDE_DEBUG", "1")
        assert "Traceback" in failing(RuntimeError("x")).err

    def test_a_missing_file_is_named(self, failing: Cli) -> None:
        said = failing(FileNotFoundError(2, "No such file or directory", "people.jsonl"))
        assert said.err == "storeside: people.jsonl: No such file or directory\n"

    def test_a_locked_database_names_the_doctor(self, failing: Cli) -> None:
        assert "storeside doctor" in failing(sqlite3.OperationalError("database is locked")).err


class TestHandedOn:
    """Commands that only hand their options on."""

    def test_the_demo_gets_its_options_and_its_summary_is_printed(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        told = list[object]()

        async def run_demo(options: object) -> dict[str, object]:
            told.append(options)
            return {"visits": 3}

        monkeypatch.setattr(import_module("edge.cli.demo"), "run_demo", run_demo)
        words = ("--speed", 60, "--for", 20, "--store", "all", "--port", 0, "--dir", tmp_path)
        assert cli("demo", *words, "--headless", "--json").document == {"visits": 3}
        assert cli("demo").out == ""
        assert told == [
            DemoOptions(
                store="all", speed=60, run_for_s=20, port=0, folder=tmp_path, headless=True
            ),
            DemoOptions(),
        ]

    def test_the_benchmark_gets_its_options(
        self, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        def run_bench(options: BenchOptions) -> dict[str, object]:
            return {"quick": options.quick, "out": str(options.out)}

        monkeypatch.setattr(import_module("edge.cli.bench"), "run_bench", run_bench)
        found = cli("bench", "--quick", "--out", tmp_path, "--json").document
        assert found == {"quick": True, "out": str(tmp_path)}
        assert cli("bench").out == ""

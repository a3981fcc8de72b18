import pytest

NEEDS_A_CLUSTER = """
    import pytest

    @pytest.mark.integration_test
    def test_marked():
        pass

    def test_plain():
        pass
"""


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["SLURM_RUN_INTEGRATION", "SLUICE_COMMAND", "PYTEST_ADDOPTS"]:
        monkeypatch.delenv(name, raising=False)


def test_marked_tests_are_left_out_unless_they_are_asked_for(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(NEEDS_A_CLUSTER)
    without = pytester.runpytest("-rs", "--strict-markers")
    without.assert_outcomes(passed=1, skipped=1)
    without.stdout.fnmatch_lines(["*needs --run-integration or SLURM_RUN_INTEGRATION=1*"])
    pytester.runpytest("--run-integration").assert_outcomes(passed=2)


def test_the_environment_can_ask_for_marked_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makepyfile(NEEDS_A_CLUSTER)
    monkeypatch.setenv("SLURM_RUN_INTEGRATION", "1")
    pytester.runpytest().assert_outcomes(passed=2)


def test_what_is_not_asked_for_runs_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_plain(): pass")
    pytester.runpytest("--sluice-command=/nonexistent/sluice").assert_outcomes(passed=1)


def test_without_the_program_a_test_that_needs_a_cluster_says_so(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_cluster(slurm_cluster): pass")
    result = pytester.runpytest("--sluice-command=/nonexistent/sluice")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*SluiceError: cannot run /nonexistent/sluice*"])


def test_the_fixtures_and_the_marker_are_listed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("")
    fixtures = pytester.runpytest("--fixtures", "-v").stdout.str()
    for name in ["", "_gpu", "_multi", "_full", "_config"]:
        assert f"slurm_cluster{name} [" in fixtures
    assert "slurm_registry [" in fixtures
    pytester.runpytest("--markers").stdout.fnmatch_lines(["@pytest.mark.integration_test*"])

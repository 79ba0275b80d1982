"""The start of a server whose environment has a wrong value."""

import os
import subprocess
import sys

import pytest

from tests.support import ROOT
from tests.support.server import free_port


@pytest.mark.parametrize("variable", ["LENET_LAB_WORKER_MB", "LENET_LAB_RUN_MINUTES", "LENET_LAB_RUNS_GB"])
def test_a_wrong_value_ends_the_start_with_a_sentence(variable: str) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    ran = subprocess.run(
        [*command, f"--server.port={free_port()}"],
        cwd=ROOT,
        env=os.environ | {variable: "plenty"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith(f"error: The environment variable {variable} is set to “plenty”; it must be")

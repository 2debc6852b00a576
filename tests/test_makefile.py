import os
import shutil
import subprocess

from tests.installation import PROJECT

MAKE = shutil.which("make")
WORKS = """\
#!/bin/sh
[ "$1" = -c ] && exit 0
echo "made by ${0##*/}" && exit 3
"""
FAILS = "#!/bin/sh\nexit 127\n"


def make(folder, *arguments, **pythons):
    """Run make where only these commands exist."""
    for name, script in pythons.items():
        path = folder / name.replace("_", ".")
        path.write_text(script)
        path.chmod(0o755)
    return subprocess.run(
        [MAKE, "--no-print-directory", f"VENV={folder}/venv", *arguments],
        cwd=PROJECT,
        env=os.environ | {"PATH": str(folder), "PYTHON": "", "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_run_without_python_says_what_to_install(tmp_path):
    result = make(tmp_path, "run")

    assert result.returncode == 2
    assert result.stderr.startswith("Tollgate needs Python 3.12 or newer with its venv")


def test_make_run_passes_over_a_python_that_does_not_work(tmp_path):
    result = make(tmp_path, "run", python3_13=FAILS, python3=WORKS, python=WORKS)

    assert result.stdout == "made by python3\n"


def test_make_run_prefers_the_named_python(tmp_path):
    chosen = tmp_path / "chosen"

    result = make(tmp_path, "run", f"PYTHON={chosen}", chosen=WORKS, python3_13=WORKS)

    assert result.stdout == "made by chosen\n"


def test_ci_runs_make_test_and_nothing_else():
    lines = (PROJECT / ".ci" / "run").read_text().splitlines()

    assert lines[-1] == "exec make test"

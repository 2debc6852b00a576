"""The rules for scanners in deploy/scanning, in the scanners that the registries have."""

import importlib.util
import json
import random
import re
import string
import subprocess
import sys
import tomllib

import pytest

from tests.gateway.proxies import programs
from tests.installation import PROJECT
from tokens.kinds import RULES
from tokens.secrets import make, recognise

SCANNING = PROJECT / "deploy" / "scanning"
PLUGIN = SCANNING / "tollgate_detect_secrets.py"
GITLEAKS = tomllib.loads((SCANNING / "tollgate-gitleaks.toml").read_text())
LETTERS = string.ascii_letters + string.digits
# How a token stands in what people write.
FORMS = {
    "app.py": 'TOKEN = "{}"\n',
    "values.yaml": "tollgate:\n  token: {}\n",
    "run.sh": "curl -H 'X-API-TOKEN: {}' https://x/\n",
    "notes.md": "Use {}, and tell nobody.\n",
    "change.diff": "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a={0}\n+b\n",
    ".env": "LOGZIO_TOKEN={}",
    "link.txt": "https://listener.example.com:8071/?token={}&type=x\n",
}
# Of the same letters, and none of ours.
NOT_OURS = {
    "long.txt": "{}A\n",
    "short.txt": "{:.52}\n",
    "inside.txt": "x{}\n",
}


@pytest.fixture
def tree(tmp_path):
    """A folder with a token of each kind in each form; returns it and the tokens."""
    secrets = [make(kind).reveal() for kind in RULES]
    for number, secret in enumerate(secrets):
        for name, form in (FORMS | NOT_OURS).items():
            file = tmp_path / f"{number}" / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(form.format(secret))
    return tmp_path, secrets


def files_of(tree):
    folder, secrets = tree
    return {str(folder / str(n) / name) for n in range(len(secrets)) for name in FORMS}


def test_detect_secrets_finds_them_all_and_nothing_else(tree):
    folder, _ = tree
    done = subprocess.run(
        [
            *(sys.executable, "-m", "detect_secrets", "scan", "--all-files"),
            *("--plugin", str(PLUGIN), "--no-verify", str(folder)),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    results = json.loads(done.stdout)["results"]
    found = {
        str(folder / name)
        for name, secrets in results.items()
        if any(each["type"] == "Tollgate Token" for each in secrets)
    }
    assert found == files_of(tree)


def detector():
    spec = importlib.util.spec_from_file_location("tollgate_detect_secrets", PLUGIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TollgateDetector()


@pytest.mark.walk
def test_random_strings_are_no_tokens():
    chosen = random.Random(5)  # noqa: S311 -- the same ones each time
    prefixes = [rule.prefix for rule in RULES.values()]
    letters = "".join(chosen.choices(LETTERS, k=1_000_048))
    lines = (
        prefixes[start % len(prefixes)] + letters[start : start + 49]
        for start in range(1_000_000)
    )

    assert [*detector().analyze_string(" ".join(lines))] == []


def test_the_plugin_knows_every_kind():
    secrets = [make(kind).reveal() for kind in RULES]

    assert [*detector().analyze_string(" ".join(secrets))] == secrets


@pytest.mark.parametrize("kind", RULES)
def test_other_rules_say_the_same_expression(kind):
    secret = make(kind).reveal()
    (rule,) = GITLEAKS["rules"]
    found = re.search(rule["regex"], f'x="{secret}"')

    assert found[rule["secretGroup"]] == secret
    assert secret[:4] in rule["keywords"]
    for name in ("README.md", "tollgate-trufflehog.yaml"):
        text = (SCANNING / name).read_text()
        (letters,) = set(re.findall(r"tg\[([a-z]+)\]_\[0-9A-Za-z\]\{49\}", text))
        assert secret[2] in letters
    assert recognise(secret)


@pytest.mark.walk
def test_secretlint_finds_them_all_and_nothing_else(tree, secretlint):
    folder, _ = tree
    done = subprocess.run(
        [
            *(secretlint / "secretlint", "--format", "json", "--no-maskSecrets"),
            *(
                "--secretlintrc",
                SCANNING / "tollgate.secretlintrc.json",
                f"{folder}/**/*",
            ),
        ],
        cwd=secretlint.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    found = {each["filePath"] for each in json.loads(done.stdout) if each["messages"]}
    assert found == files_of(tree)


@pytest.fixture(scope="module")
def secretlint(tmp_path_factory):
    """The folder of the programs of secretlint, pinned."""
    folder = tmp_path_factory.mktemp("secretlint")
    subprocess.run(
        [
            *(
                programs.find("npm"),
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--prefix",
                folder,
            ),
            *("secretlint@13.0.6", "@secretlint/secretlint-rule-pattern@13.0.6"),
        ],
        check=True,
        capture_output=True,
    )
    return folder / "node_modules" / ".bin"

"""What the papers say is true where a command can see it."""

import re
import tomllib

import pytest

from accounts.models.accounts import RESTORABLE_DAYS
from config import dotenv
from tests.installation import PROJECT

PAPERS = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
PAPERS.append(PROJECT / "findings" / "README.md")
OPERATING = PROJECT / "docs" / "operating.md"
FOLDERS = sorted(
    path.name
    for path in PROJECT.iterdir()
    if path.is_dir() and not path.name.startswith(".")
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(rf"(?<![\w/.:-])(?:{'|'.join(FOLDERS)})/[\w./-]*[\w/]")
READ = re.compile(r'\b(?:env\.\w+|os\.environ\.get)\(\s*f?"([A-Z_]+)')
# A class, a method of one, or a function of several words.
CODE = re.compile(
    r"`((?:[A-Z][a-z]+){2,}(?:\.\w+)?|[A-Z][a-z]+\.\w+|[a-z]+(?:_[a-z]+)+)(?=[`(])"
)
DEFINED = re.compile(r"^ *(?:def|class) (\w+)", re.MULTILINE)
ANCHOR = re.compile(r"[^\w\- ]")


def in_first_cells(text, form):
    """Return what stands in code in the first cells of a text's tables."""
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return {word for cell in cells for word in re.findall(f"`({form})`", cell)}


def section(text, heading):
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def headings(path):
    """Return the anchors of a paper's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {ANCHOR.sub("", each.lower()).replace(" ", "-") for each in found}


def variables_read():
    """Return what config reads; a name that ends in _ is the beginning of some."""
    files = (PROJECT / "config").rglob("*.py")
    return {name for path in files for name in READ.findall(path.read_text())}


def is_read(name):
    read = variables_read()
    return name in read or any(
        each.endswith("_") and name.startswith(each) for each in read
    )


def test_every_paper_says_for_how_long_what_is_deleted_can_be_restored():
    papers = [*PAPERS, PROJECT / "client" / "tokens.py"]
    said = [
        (path.name, days)
        for path in papers
        for line in path.read_text().splitlines()
        for days in re.findall(r"(\d+) days", line)
        if re.search(r"restore|[Dd]eleted tokens|were deleted|deleted in|Delete", line)
    ]

    assert {days for _, days in said if days != "90"} == {str(RESTORABLE_DAYS)}
    assert {name for name, _ in said} >= {
        "using-tokens.md",
        "operating.md",
        "tokens.py",
    }


def test_every_variable_that_is_read_is_explained():
    settings = section(OPERATING.read_text(), "Which settings are there?")
    explained = in_first_cells(settings, "[A-Z_]+")

    unexplained = {
        name
        for name in variables_read()
        if name not in explained and not name.endswith("_")
    }

    assert unexplained == set()
    assert {name for name in explained if not is_read(name)} == set()


def test_the_example_has_every_variable_that_it_can_set():
    settings = section(OPERATING.read_text(), "Which settings are there?")
    explained = in_first_cells(settings, "[A-Z_]+")

    named = set(dotenv.names(PROJECT / ".env.example"))

    from_files = {name for name in named if name.endswith("_FILE")}
    assert named - from_files == explained - {"ENV_FILE"}


def test_every_command_is_explained():
    commands = {path.stem for path in PROJECT.glob("*/management/commands/[a-z]*.py")}

    explained = section(OPERATING.read_text(), "Which commands are there?")

    assert in_first_cells(explained, "[a-z_]+") == commands


def leads_somewhere(paper, target):
    name, _, anchor = target.partition("#")
    path = paper.parent / name if name else paper
    return path.exists() and (not anchor or anchor in headings(path))


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_links_within_the_project_lead_somewhere(paper):
    targets = [each for each in LINK.findall(paper.read_text()) if "://" not in each]

    assert [each for each in targets if not leads_somewhere(paper, each)] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_paths_that_are_named_exist(paper):
    named = set(PATH.findall(paper.read_text()))

    assert {path for path in named if not (PROJECT / path).exists()} == set()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_targets_of_make_that_are_named_exist(paper):
    targets = re.findall(
        r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE
    )

    named = re.findall(r"(?:`|^    )make ([a-z]+)", paper.read_text(), re.MULTILINE)

    assert set(named) - set(targets) == set()


def test_the_architecture_names_code_that_exists():
    paper = (PROJECT / "docs" / "architecture.md").read_text()
    journeys = paper.partition("\n## Where do I find")[2].partition("\n## Which words")[
        0
    ]
    files = (path for name in FOLDERS for path in (PROJECT / name).rglob("*.py"))
    defined = {name for path in files for name in DEFINED.findall(path.read_text())}

    named = {name for code in CODE.findall(journeys) for name in code.split(".")}

    assert "Token" in named
    assert named - defined == set()


def test_every_dependency_has_its_reason():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    asked_for = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
    ]
    needed = {re.match(r"[\w-]+", each)[0] for each in asked_for}

    paper = (PROJECT / "docs" / "architecture.md").read_text()

    reasons = section(paper, "Why is each dependency there?")
    cells = re.findall(r"^\| ([\w, -]+) \|", reasons, re.MULTILINE)
    explained = {name.lower() for cell in cells for name in cell.split(", ")}
    assert explained - {"package"} == needed


def test_what_is_to_be_clicked_is_named_as_the_portal_names_it():
    paper = (PROJECT / "docs" / "using-tokens.md").read_text()
    rooms = [name for name in FOLDERS if name not in ("tests", "benchmarks")]
    files = [path for name in rooms for path in (PROJECT / name).rglob("*")]
    shown = [each.read_text() for each in files if each.suffix in (".html", ".py")]

    named = set(re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", paper))

    assert "Copy link" in named
    assert {each for each in named if not any(each in text for text in shown)} == set()


def test_the_readme_stays_short():
    assert len((PROJECT / "README.md").read_text().splitlines()) <= 100


def test_the_version_that_is_being_written_is_in_the_changelog():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]

    changes = (PROJECT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## \[{re.escape(project['version'])}\]", changes, re.MULTILINE)

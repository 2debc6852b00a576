import json

from tests.dependency_audit import judge


def report(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found"}
VULNERABLE = {
    "name": "leaky",
    "version": "2.0",
    "vulns": [
        {"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"]},
        {"id": "PYSEC-2", "fix_versions": []},
    ],
}


def test_sound_dependencies_pass():
    assert judge(report(SOUND, SOUND)) == ([], "Audited 2 dependencies.")


def test_each_vulnerability_is_a_problem():
    problems, _ = judge(report(SOUND, VULNERABLE, UNKNOWN))

    assert problems == [
        "leaky 2.0 is vulnerable: PYSEC-1 (fixed in 2.1, 3.0)",
        "leaky 2.0 is vulnerable: PYSEC-2 (fixed in no release yet)",
    ]


def test_a_service_that_knows_nothing_is_told_and_passes():
    problems, remark = judge(report(SOUND, UNKNOWN))

    assert problems == []
    assert remark.startswith("Audited 1 of 2 dependencies: ")


def test_a_service_that_does_not_answer_is_told_and_passes():
    problems, remark = judge("")

    assert problems == []
    assert remark.startswith("Dependencies not audited: ")

"""Ask for known vulnerabilities of everything that is installed in production.

A vulnerability fails. A service that does not answer cannot, or no test would run on
a machine without one; it is one sentence.
"""

import json
import subprocess
import sys

COMMAND = (
    *("-m", "pip_audit", "--requirement", "requirements.txt", "--require-hashes"),
    *("--disable-pip", "--progress-spinner", "off", "--format", "json"),
    *("--timeout", "5"),
)


def main():
    answer = subprocess.run(
        [sys.executable, *COMMAND], capture_output=True, text=True, check=False
    )
    problems, remark = judge(answer.stdout)
    print(*problems, remark, sep="\n")
    return 1 if problems else 0


def judge(report):
    """Return a line per vulnerability, and a sentence on how much was looked at."""
    try:
        packages = json.loads(report)["dependencies"]
    except ValueError:
        return [], "Dependencies not audited: the vulnerability service did not answer."
    problems = [
        f"{package['name']} {package['version']} is vulnerable: {found['id']}"
        f" (fixed in {', '.join(found['fix_versions']) or 'no release yet'})"
        for package in packages
        for found in package.get("vulns", [])
    ]
    asked = sum("vulns" in package for package in packages)
    if asked == len(packages):
        return problems, f"Audited {asked} dependencies."
    return problems, (
        f"Audited {asked} of {len(packages)} dependencies: "
        "the vulnerability service did not know or answer about the others."
    )


if __name__ == "__main__":
    sys.exit(main())

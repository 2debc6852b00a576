"""Run the tests of a few modules against every change of them: `make mutants`.

One process collects the tests, runs them once and keeps the database as it is then.
Each change happens in a fork of it, which runs the module's tests until one fails.
"""

import os
import random
import signal
import sys
import time
from importlib import import_module

import pytest
from _pytest.runner import runtestprotocol

from tests.mutants.changes import changes_of
from tests.mutants.equivalent import is_equivalent
from tests.mutants.patching import put, statements_of
from tests.mutants.started import Started

GOAL = 95
PATIENCE = 10
# A fork has none of its threads, and whoever asks it waits.
HAS_A_SERVER = (
    "tests/accounts/identity/test_staying.py::test_the_real_provider_says_so_itself"
)
KEYS = [
    "accounts/test_keys.py",
    "accounts/test_key_checks.py",
    "tokens/test_stored_secret_model.py",
]
GATE = [
    "gateway/test_gate.py",
    "gateway/test_gate_changes.py",
    "gateway/test_gate_database.py",
    "gateway/test_gate_time.py",
    "gateway/test_missing_key.py",
    "gateway/test_timekeeping.py",
    "gateway/test_kept_to_networks.py",
    "gateway/test_call_limits.py",
]
SIGN_IN = [
    "accounts/identity/test_signing_in.py",
    "accounts/identity/test_answers_refused.py",
    "accounts/identity/test_known_people.py",
    "accounts/identity/test_proof.py",
]
LEAKS = ["leaks/test_reports.py", "leaks/test_follow_up.py", "leaks/test_pages.py"]
POLICIES = ["tokens/policies/test_forms.py", "tokens/policies/test_pages.py"]
MODULES = {
    "accounts.permissions": [
        "accounts/test_permissions.py",
        "accounts/test_relations.py",
        "accounts/test_guards.py",
        "accounts/test_scopes.py",
    ],
    "accounts.relations": [
        "accounts/test_relations.py",
        "accounts/test_guards.py",
        "accounts/identity/test_other_organisations.py",
        "accounts/identity/test_waiting.py",
    ],
    "accounts.scopes": ["accounts/test_scopes.py", "api/test_minting.py"],
    "tokens.permissions": [
        "tokens/test_token_permissions.py",
        "tokens/test_reach.py",
        "tokens/test_least_privilege.py",
        *GATE,
    ],
    "tokens.least_privilege": [
        "tokens/test_least_privilege.py",
        "tokens/test_privilege_pages.py",
        "api/v1/test_narrowing.py",
    ],
    "tokens.networks": ["tokens/test_networks.py", "gateway/test_kept_to_networks.py"],
    "tokens.call_limits": ["gateway/test_call_limits.py"],
    "tokens.policies.checks": ["tokens/policies/test_checks.py", *POLICIES],
    "tokens.policies.conditions": [
        "tokens/policies/test_outside.py",
        "tokens/policies/test_end_rounds.py",
        "tokens/policies/test_ends.py",
        *POLICIES,
    ],
    "tokens.policies.ends": [
        "tokens/policies/test_end_rounds.py",
        "tokens/policies/test_ends.py",
    ],
    "tokens.policies.saving": ["tokens/policies/test_saving.py", *POLICIES],
    "gateway.verify.conditions": GATE,
    "accounts.identity.id_tokens": [*SIGN_IN, "accounts/identity/test_staying.py"],
    "accounts.identity.people": [
        *SIGN_IN,
        "accounts/identity/test_required.py",
        "accounts/identity/test_groups_at_sign_in.py",
    ],
    "accounts.identity.proof": [*SIGN_IN, "accounts/identity/test_disconnecting.py"],
    "accounts.identity.sessions": [
        "accounts/identity/test_noted.py",
        *SIGN_IN,
        "accounts/identity/test_staying.py",
        "accounts/identity/test_waiting.py",
    ],
    "leaks.findings": LEAKS,
    "leaks.follow_up": LEAKS,
    "leaks.github": ["leaks/test_github.py"],
    "leaks.models": LEAKS,
    "leaks.reporting": [*LEAKS, "leaks/test_github.py"],
    "accounts.rate_limits.leases": ["accounts/test_leases.py"],
    "accounts.crypto.envelope": KEYS,
    "accounts.crypto.keys": [*KEYS, "reencryption/test_rotate_keys.py"],
    "tokens.secrets": [
        "tokens/test_secrets.py",
        "tokens/test_mac.py",
        "tokens/test_stored_secret_model.py",
    ],
    "tokens.without_mac": ["tokens/test_without_mac.py", "gateway/test_invented.py"],
    "gateway.verify.gate": GATE,
    "gateway.verify.cache": ["gateway/test_memory.py", *GATE],
    "gateway.verify.decisions": [
        "gateway/test_decisions.py",
        "gateway/test_refusals.py",
        "gateway/test_scopes.py",
        *GATE,
    ],
    "gateway.verify.query_filters": ["gateway/test_filters.py"],
    "sharing.scope": [
        "sharing/test_scope.py",
        "sharing/test_shares.py",
        "gateway/test_refusals.py",
    ],
}


class Mutants:
    """A pytest plugin that runs what was collected once for each change."""

    def __init__(self, names, sample):
        self.names, self.sample = names, sample
        self.took, self.starts = {}, {}
        self.survived, self.count = [], 0

    def pytest_runtestloop(self, session):
        started = Started({import_module(name).__file__ for name in self.names})
        with started.listening():
            self._run_unchanged(session.items, started)
        for name, statement, change in self._chosen():
            self._try(name, statement, change)
        return True

    def _run_unchanged(self, items, started):
        for item, following in zip(items, [*items[1:], items[0]], strict=True):
            begun = time.monotonic()
            started.begin()
            # The last one is followed by the first, so that the database stays.
            # On a busy machine one may come too late.
            if _fails(item, following) and _fails(item, following):
                pytest.exit(f"{item.nodeid} fails without any change", returncode=2)
            self.took[item] = time.monotonic() - begun
            self.starts[item] = started.found()

    def _chosen(self):
        found = [
            (name, change, changed)
            for name in self.names
            for statement in statements_of(import_module(name))
            for change, changed in changes_of(statement)
            if not is_equivalent(name, change)
        ]
        few = min(self.sample, len(found))
        places = random.Random(1).sample(range(len(found)), few)  # noqa: S311 -- a choice
        return [found[place] for place in sorted(places)]

    def _try(self, name, change, statement):
        files = [f"tests/{each}" for each in MODULES[name]]
        items = [item for item in self.took if item.nodeid.split("::")[0] in files]
        line = import_module(name).__file__, int(change.partition(":")[0])
        # Those that come to it first, and of them the quick ones.
        items.sort(key=lambda item: (not self._comes_to(item, *line), self.took[item]))
        self.count += 1
        if _outlives(import_module(name), statement, items, self.took):
            self.survived.append(f"{name} {change}")
            print(f"survived: {name} {change}", flush=True)

    def _comes_to(self, item, file, line):
        return any(
            where == file and first <= line <= last
            for where, first, last in self.starts[item]
        )


def _fails(item, following):
    reports = runtestprotocol(item, log=False, nextitem=following)
    return any(report.failed for report in reports)


def _outlives(module, statement, items, took):
    """Whether no test fails in a process of its own; one that hangs has noticed."""
    pid = os.fork()
    if not pid:
        _run(module, statement, items, took)
    _, status = os.waitpid(pid, 0)
    return status == 0


def _run(module, statement, items, took):
    code = 1
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        put(module, statement)
        pairs = zip(items, [*items[1:], items[0]], strict=True)
        code = int(any(_fails_in_time(*pair, took) for pair in pairs))
    finally:
        os._exit(code)


def _fails_in_time(item, following, took):
    # This process ends when the time is up, whatever it is waiting for.
    signal.alarm(round(PATIENCE * (1 + took[item])))
    return _fails(item, following)


def main(names):
    mutants = Mutants(names or [*MODULES], int(os.environ.get("SAMPLE", "1000000")))
    files = {f"tests/{each}" for name in mutants.names for each in MODULES[name]}
    options = ["-q", "-p", "no:cacheprovider", "-m", "not postgresql and not walk"]
    options += ["--deselect", HAS_A_SERVER]
    code = pytest.main([*options, *sorted(files)], plugins=[mutants])
    if code not in (0, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(code)
    killed = mutants.count - len(mutants.survived)
    percent = 100 * killed / max(mutants.count, 1)
    print(f"{killed} of {mutants.count} changes were noticed: {percent:.1f} %")
    return int(percent < GOAL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

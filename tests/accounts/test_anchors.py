"""Heads of chains outside the database: what is written, and what it shows later."""

import json
import stat

import pytest
from django.core.management import call_command

from accounts.audit.anchoring import Anchoring, File
from accounts.audit.anchors import heads, read
from accounts.audit.trail import record, sign_again
from accounts.models import Action, AuditChain, AuditEvent
from tests.accounts.anchored import BY, said
from tests.environment import KEYS
from tests.factories import MainFactory


@pytest.fixture
def chain(main):
    for number in range(4):
        record(Action.LOGIN, by=BY, account=main, target=f"event {number}")
    return AuditChain.objects.get(organisation=main.organisation)


@pytest.fixture
def path(tmp_path, settings):
    path = tmp_path / "anchors.log"
    settings.AUDIT_ANCHORS = [str(path)]
    return path


NEW = "2:" + "bmV3" * 10 + "bmU="


def lines(path):
    return path.read_text().splitlines()


def cut(chain, number):
    """Take a chain's last events away, and set its head back."""
    chain.events.filter(sequence__gt=number).delete()
    last = chain.events.get(sequence=number)
    AuditChain.objects.update(sequence=number, digest=last.digest)


def test_a_head_is_written_once_for_its_owner_alone(chain, path):
    anchoring = Anchoring()

    anchoring.carry_on()
    anchoring.carry_on()
    # Another process reads first what is there.
    Anchoring().carry_on()

    (line,) = lines(path)
    anchor = read(line)
    assert (anchor.chain, anchor.organisation) == (chain.pk, chain.organisation_id)
    assert (anchor.sequence, anchor.key) == (chain.sequence, 1)
    assert bytes.fromhex(anchor.digest) == bytes(chain.digest)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_another_process_has_written_is_not_written_again(chain, path, main):
    here, there = Anchoring(), Anchoring()
    here.carry_on()
    record(Action.LOGIN, by=BY, account=main)
    there.carry_on()
    here.carry_on()

    assert [read(line).sequence for line in lines(path)] == [
        chain.sequence,
        chain.sequence + 1,
    ]


def test_a_file_that_was_moved_away_begins_anew(chain, path):
    anchoring = Anchoring()
    anchoring.carry_on()
    path.rename(path.with_suffix(".1"))

    anchoring.carry_on()

    assert len(lines(path)) == 1


def test_nothing_is_read_or_written_where_nothing_is_named(
    chain, settings, django_assert_num_queries
):
    with django_assert_num_queries(0):
        Anchoring().carry_on()


def test_a_place_that_cannot_be_written_to_is_told_once(chain, path, caplog):
    path.mkdir()
    anchoring = Anchoring()

    anchoring.carry_on()
    anchoring.carry_on()
    assert caplog.text.count("cannot be written: [Errno 21] Is a directory") == 1
    path.rmdir()
    anchoring.carry_on()

    assert len(lines(path)) == 1


def test_a_chain_that_goes_back_is_told(chain, path, caplog):
    anchoring = Anchoring()
    anchoring.carry_on()
    cut(chain, 5)

    anchoring.carry_on()
    anchoring.carry_on()

    assert caplog.text.count("went back from event 7 to 5") == 1


def test_verify_anchors_at_its_end_and_finds_all_well(chain, path):
    assert said() == ""
    assert len(lines(path)) == 1
    assert said() == ""


def test_a_cut_end_with_a_head_set_back_is_found(chain, path):
    assert said() == ""
    at = read(lines(path)[0]).at

    cut(chain, 5)

    assert said() == (
        f"The chain of Acme ends at event 5, but event 7 was anchored at {at}."
    )


def test_a_chain_that_was_deleted_is_found(chain, path):
    other = MainFactory(name="Other").organisation.audit_chain
    assert said() == ""
    at = read(lines(path)[0]).at

    chain.events.all().delete()
    chain.delete()

    assert said() == (
        f"The chain of organisation {chain.organisation_id} is gone: its event 7 was "
        f"anchored at {at}."
    )
    assert other.sequence == 3


def test_a_chain_in_the_name_of_another_is_found(path, main):
    record(Action.LOGIN_FAILED, by=BY)
    assert said() == ""

    record_of_installation = AuditChain.objects.get(organisation=None)
    record_of_installation.events.all().delete()
    record_of_installation.delete()

    assert said().startswith("The chain of the installation is gone: its event 1 ")


def test_an_event_in_the_place_of_another_is_found(chain, path, main):
    """As after a failover that lost an event: in its place there is another now."""
    assert said() == ""
    cut(chain, 6)
    record(Action.LOGOUT, by=BY, account=main)

    assert said().startswith(
        "Event 7 of the chain of Acme is not the one that was anch"
    )


def test_a_changed_person_is_found(chain, admin):
    AuditEvent.objects.filter(chain=chain, sequence=6).update(user=admin)

    assert said() == "The chain of Acme is broken at event 6."


def test_an_event_of_before_does_not_say_whose_it_is(chain, admin, settings):
    """Until it is signed anew, and no event of today can be made to look like one."""
    rows = AuditEvent.objects.filter(chain=chain)
    rows.filter(sequence=7).update(digest_version=1)
    assert said() == "The chain of Acme is broken at event 7."
    rows.update(digest_version=1)
    resign(chain)
    rows.filter(sequence=6).update(digest_version=2)

    assert said() == "The chain of Acme is broken at event 6."


def resign(chain):
    """Sign a chain as a server of before would have, which does not say whose events are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("accounts.audit.trail.DIGEST_VERSION", 1)
        sign_again(chain)


def test_a_chain_that_was_signed_anew_is_the_one_that_was_anchored(
    chain, path, settings
):
    assert said() == ""
    settings.TOLLGATE_AUDIT_KEY = f"{NEW},1:{KEYS['TOLLGATE_AUDIT_KEY']}"
    call_command("rotate_keys", "--purpose=audit")

    assert said() == ""
    assert {read(line).key for line in lines(path)} == {1, 2}
    settings.TOLLGATE_AUDIT_KEY = NEW
    assert said() == ""


def test_anchors_of_a_key_that_is_gone_are_left_out(chain, path, settings, capsys):
    assert said() == ""
    settings.TOLLGATE_AUDIT_KEY = f"{NEW},1:{KEYS['TOLLGATE_AUDIT_KEY']}"
    call_command("rotate_keys", "--purpose=audit")
    settings.TOLLGATE_AUDIT_KEY = NEW

    assert said() == ""

    assert "Left 1 anchors out, which were signed with keys" in capsys.readouterr().err


def test_a_broken_chain_is_not_anchored(chain, path):
    chain.events.filter(sequence=6).update(target="else")

    assert said() == "The chain of Acme is broken at event 6."
    assert lines(path) == []


def test_an_event_whose_key_is_unknown_is_not_anchored(chain):
    chain.events.filter(sequence=chain.sequence).update(key_id=77)

    assert heads() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda fields: fields | {"sequence": 5}, "has a wrong signature"),
        (lambda fields: fields | {"signature": "ünï"}, "has a wrong signature"),
        (lambda fields: fields | {"key": []}, "is cut off"),
        (lambda fields: {}, "is cut off"),
        (lambda fields: 7, "is cut off"),
    ],
)
def test_a_line_that_was_tampered_with_is_named(chain, path, change, reason):
    assert said() == ""
    mark, _, text = lines(path)[0].partition("{")
    path.write_text(f"hello\n{mark}{json.dumps(change(json.loads('{' + text)))}\n")

    assert said() == f"Line 2 of {path} {reason}."


def test_a_line_that_was_cut_off_is_named(chain, path):
    assert said() == ""
    path.write_text(path.read_text()[:-9])

    assert said() == f"Line 1 of {path} is cut off."
    assert File(path)._known == {}


def test_lines_of_a_syslog_are_read(chain, path, tmp_path, capsys):
    assert said() == ""
    log = tmp_path / "syslog"
    log.write_text(f"Nov 30 12:00:00 host tollgate: {path.read_text()}and another\n")
    capsys.readouterr()

    assert said("--anchors", log, path) == ""
    assert "Compared them with 2 anchors." in capsys.readouterr().out


def test_files_that_are_named_have_to_be_there(chain, tmp_path):
    assert said("--anchors", tmp_path / "none") == (
        f"{tmp_path}/none cannot be read: No such file or directory."
    )

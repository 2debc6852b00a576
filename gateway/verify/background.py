"""The background work of a worker: it looks for changes and writes down uses."""

import atexit
import logging
import threading
from functools import partial

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from accounts import hooks, outbox
from accounts.audit.anchoring import Anchoring
from accounts.audit.trail import Actor, record
from accounts.clock import clock
from accounts.models import Action
from accounts.postgresql import pulse
from accounts.rule_violations import Unavailable
from gateway.notifications import dispatch, reminders
from gateway.verify import handed_over
from gateway.verify.clock_skew import Jumps, SkewAlarm
from gateway.verify.invalidation import FRESH_SECONDS, POLL_SECONDS
from tokens import bulk_worker
from tokens.remote_write.sending import SEND_SECONDS, remote_writer
from tokens.usage_counters import recorder, refusals
from tokens.without_mac import latest

FLUSH_SECONDS = 2.0
ALARM_SECONDS = 60.0
NOTICE_SECONDS = 5.0
REMINDER_SECONDS = 30.0
JOB_SECONDS = 1.0
ANCHOR_SECONDS = 30.0
MAIL_SECONDS = 5.0
REPORT_SECONDS = 1.0

logger = logging.getLogger(__name__)


def start(gate, *, takes_jobs=False, reporter=None):
    """Start the threads; what is not yet written is written when the process ends.

    A process that `takes_jobs` works on bulk jobs and anchors the audit trail besides:
    gateways must not wait for it.
    A Reporter tells what is counted.
    """
    over = threading.Event()
    _every(POLL_SECONDS, Attention(gate.watcher).pay, over)
    _every(FLUSH_SECONDS, partial(flush, gate), over)
    _every(ALARM_SECONDS, partial(raise_alarm, gate), over)
    # Apart from the others: a slow mail server must not keep uses from being written.
    _every(NOTICE_SECONDS, tell, over)
    _every(REMINDER_SECONDS, remind, over)
    if takes_jobs:
        _every(MAIL_SECONDS, send_mails, over, outbox.woken)
        _every(JOB_SECONDS, work, over)
        _every(ANCHOR_SECONDS, partial(anchor, Anchoring()), over)
    if settings.REMOTE_WRITE_URL:
        _every(SEND_SECONDS, remote_writer.carry_on, over)
    if reporter:
        _every(REPORT_SECONDS, reporter.write, over)
    atexit.register(_end, gate, over, reporter)


def _every(seconds, task, over, woken=None):
    arguments = seconds, task, over, woken or over
    threading.Thread(target=_repeat, args=arguments, daemon=True).start()


def _repeat(seconds, task, over, woken):
    """Do a task again and again, after some seconds or as soon as it is woken."""
    while not over.is_set():
        try:
            task()
        except Exception:
            # Whatever comes, the thread must outlive it.
            logger.exception("A background task of the gateway failed")
        # Its connection is another's until the next time.
        close_old_connections()
        woken.wait(seconds)
        if woken is not over:
            woken.clear()


class Attention:
    """Polls, and tells the whole process what came of it."""

    def __init__(self, watcher):
        self._watcher = watcher
        self._jumps, self._alarm = Jumps(), SkewAlarm()

    def pay(self):
        self._watcher.poll()
        snapshot = self._watcher.snapshot
        if snapshot.seen_at > 0:
            pulse.heard_at, pulse.failed = snapshot.seen_at, snapshot.failed
        if snapshot.identity:
            pulse.watched, pulse.identify = snapshot.identity, self._watcher.identify
        latest.publish(snapshot.listed, until=snapshot.seen_at + FRESH_SECONDS)
        clock.offset = snapshot.offset
        clock.skew = snapshot.offset if connection.vendor == "postgresql" else 0.0
        self._jumps.look()
        self._alarm.tell(clock)


def _end(gate, over, reporter):
    over.set()
    flush(gate, at_once=True)
    if settings.REMOTE_WRITE_URL:
        remote_writer.finish()
    if reporter:
        reporter.write()


def flush(gate, *, at_once=False):
    """Write the uses that were counted, of tokens that work and of those that do not."""
    recorder.flush(at_once=at_once)
    refusals.flush(at_once=at_once)
    handed_over.flush(at_once=at_once)


def raise_alarm(gate):
    """Say loudly, once a minute, who asked without being known as a gateway."""
    strangers = gate.strangers.drain(at_once=True)
    if not strangers:
        return
    (signal, address, agent), _ = max(strangers.items(), key=lambda item: item[1])
    times = sum(strangers.values())
    logger.error(
        "%d questions about tokens were answered with 503: no known gateway token came "
        "with them, or they named no signal. Most came from %s (%s) for %r.",
        times,
        address or "an unknown address",
        agent or "no agent",
        signal,
    )
    record(
        Action.GATEWAY_REFUSED, by=Actor(label="gateway"), times=times, signal=signal
    )


def tell():
    """Tell admins of refused calls; what cannot be read now is told the next time."""
    try:
        dispatch.send_due()
    except DatabaseError as error:
        logger.warning("Nobody can be told of refused calls now: %s", error)


def send_mails():
    """Send mails that are due; what the database does not let happen now is sent later."""
    try:
        outbox.deliver_due()
    except DatabaseError as error:
        logger.warning("Mails wait for the database: %s", error)


def remind():
    """Tell admins what ends soon; what cannot be read or noted now is told later."""
    try:
        reminders.send_due()
    except (DatabaseError, Unavailable) as error:
        logger.warning("Nobody can be told now of what ends soon: %s", error)


def work():
    """Do what waits to be done; what the database does not let happen now waits on."""
    for carry_on in (bulk_worker.carry_on, *hooks.background_jobs):
        try:
            carry_on()
        except (DatabaseError, Unavailable) as error:
            logger.warning("%s waits for the database: %s", carry_on.__module__, error)


def anchor(anchoring):
    """Anchor the audit trail; what cannot be read now is anchored the next time."""
    try:
        anchoring.carry_on()
    except (DatabaseError, Unavailable) as error:
        logger.warning("The audit trail cannot be anchored now: %s", error)

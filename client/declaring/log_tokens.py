"""Rules for an account's log tokens together, as the server will ask."""

from datetime import UTC, datetime

from client.declaring.names import LOG_KINDS


def check(state, account, found, kept, made):
    """Note problems of the log tokens that an account has, `found`, and will have, `kept`."""
    if account.said["kind"] in LOG_KINDS:
        _protect_last(account, kept, made)
        _check_room(state, account, found, kept, made)


def is_off(token):
    """Whether a token is disabled or has expired."""
    end = token["expires_at"]
    return bool(token["disabled_at"]) or _is_over(end)


def _is_over(end):
    return end is not None and datetime.fromisoformat(end) <= datetime.now(UTC)


def _protect_last(account, tokens, made):
    if not any(
        each["kind"] == "logs" and not (each["disabled_at"] or each["expires_at"])
        for each in tokens
    ):
        made.problems.append(
            f"{account.label} would be left without a log token that is enabled and "
            "never expires."
        )


def _check_room(state, account, found, kept, made):
    """Note a problem where more would be enabled at once than the plan allows.

    New ones are enabled before others stop.
    """
    after = _enabled(kept)
    new = [each for each in after if each.get("is_new")]
    if not new:
        return
    most = state.most_log_tokens
    at_once = len(_enabled(found)) + len(new)
    if at_once > most:
        then = (
            " for a moment: disable or delete some first" if len(after) <= most else ""
        )
        made.problems.append(
            f"{account.label} would have {at_once} log tokens enabled{then}. The plan "
            f"allows {most}."
        )


def _enabled(tokens):
    return [each for each in tokens if each["kind"] == "logs" and not is_off(each)]

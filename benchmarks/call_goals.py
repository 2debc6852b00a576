"""Which cases of calls there are, what is wanted of them, and whether it was met."""

BARE, GUARDED = "bare Django view", "REST framework, token"
KNOWN, HALF_LOAD = "gate, known token", "gate, at half load"
# What counting for Prometheus adds, of `benchmarks.watched`.
WATCHED, TELLING = "watched", ""
LEAST_WATCHED = 0.97
FLOORED, INSTALLED = "the server's floor", "gate, as installed"
INVENTED, IMPORTED = "gate, invented tokens", "gate, invented UUIDs"
WHOAMI, SEARCHING, CREATING = "whoami", "search log tokens", "create a log token"
# Of a search, whose event is no part of its goal.
EVENT = "an event"
# Of eight who make tokens in one organisation, next to eight in eight of them. SQLite has
# one writer at a time, whatever is written.
PARALLEL, LEAST_PARALLEL = "parallel creates", 0.7
# Where goals are stated: at least so many times as fast as another case.
GOALS = (
    (KNOWN, BARE, 4),
    (KNOWN, FLOORED, 0.75),
    (KNOWN, GUARDED, 25),
    (INVENTED, KNOWN, 0.9),
    (IMPORTED, BARE, {"sqlite": 2, "postgresql": 1}),
    (WHOAMI, GUARDED, 1.5),
)
# At most so many times the CPU time of another case.
COSTS = (
    (INSTALLED, KNOWN, 1.15),
    (SEARCHING, WHOAMI, 2),
    (CREATING, WHOAMI, 3),
)


def verdict(results, vendor):
    for tokens, measured in results.items():
        found = *speeds(measured, vendor), *costs(measured), *together(measured)
        for line in found:
            yield f"{tokens:,} tokens: {line}"
        p99 = measured[HALF_LOAD].latency(99) / 1000
        yield f"{tokens:,} tokens: " + said(
            f"p99 at half load is {p99:.2f} ms", "below 5", good=p99 < 5
        )
        yield from watching(tokens, measured)
    yield from growth(results)


def speeds(measured, vendor):
    for name, other, goal in GOALS:
        least = goal[vendor] if isinstance(goal, dict) else goal
        rate = measured[name].rate / measured[other].rate
        cpu = measured[other].cpu / measured[name].cpu
        yield said(
            f"{name} is {rate:.2f} times {other}, {cpu:.2f} times by CPU time",
            f"at least {least}",
            good=rate >= least,
        )


def costs(measured):
    for name, other, most in COSTS:
        apart = measured[EVENT] if name == SEARCHING else 0
        cost = (measured[name].cpu - apart) / measured[other].cpu
        told = " apart from its event" if apart else ""
        yield said(
            f"{name} takes {cost:.2f} times the CPU time of {other}{told}",
            f"at most {most}",
            good=cost <= most,
        )


def together(measured):
    """Yield how much the chain of an organisation holds up those who write to it."""
    if rates := measured.get(PARALLEL):
        share = rates["one"] / rates["eight"]
        yield said(
            f"8 parallel creates in one organisation are {share:.2f} of 8 in eight",
            f"at least {LEAST_PARALLEL}",
            good=share >= LEAST_PARALLEL,
        )


def said(what, goal, *, good):
    return f"{what} (goal: {goal}): {'met' if good else 'NOT MET'}."


def watching(tokens, measured):
    """Yield how fast each case is with metrics, next to itself without."""
    added = measured.get(WATCHED)
    if not added:
        return
    telling, _ = added.pop(TELLING)
    for name, (more, precision) in added.items():
        cpu = measured[name].cpu
        share = 1 / (1 + more / cpu + telling)
        told = f"{name} with metrics is {share:.3f} times itself by CPU time: {more:.2f} µs"
        told += f" (precise to {precision:.2f}) more of {cpu:.0f}, and {telling:.2%} to tell"
        yield f"{tokens:,} tokens: " + said(
            told, f"at least {LEAST_WATCHED}", good=share >= LEAST_WATCHED
        )


def growth(results):
    """Yield how fast the most tokens are told, next to the fewest."""
    least, most = min(results), max(results)
    for name in (KNOWN, INVENTED, IMPORTED) if least != most else ():
        then, now = (
            results[size][name].rate / results[size][FLOORED].rate
            for size in (least, most)
        )
        yield (
            f"{name}: at {most:,}, measured in floors, {now / then:.2f} times as fast "
            f"as at {least:,} (goal: 1)."
        )

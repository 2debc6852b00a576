"""What a browser is called by people, of what it calls itself."""

from accounts.names import quoted

# In an order in which the first that is found is it: each claims to be those after it.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def named(agent):
    """Return such as "Firefox on Linux"; what is not known is quoted as it is."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    return f"{browser} on {system}" if browser and system else quoted(agent)


def _first(names, agent):
    return next((names[mark] for mark in names if mark in agent), "")

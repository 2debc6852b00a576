"""Names of browsers as people know them, from what they call themselves."""

from accounts.names import quoted

# In an order in which the first that is found is it: each claims to be those after it.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def named(agent):
    """Return such as "Firefox on Linux"; what is not known is quoted as it is."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return f"{browser} on {system}"
    return quoted(agent) if agent else "An unknown browser"


def _first(names, agent):
    return next((names[mark] for mark in names if mark in agent), "")

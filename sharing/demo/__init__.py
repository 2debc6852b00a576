"""The demo: organisations that are told from their first day on."""

# What else there is to tell at the end, as functions of the story. An app above adds its
# own when it is loaded, since imports only point down.
sequels = []

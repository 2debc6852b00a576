"""The demo: organisations that are told from their first day on."""

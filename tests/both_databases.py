"""Which tests PostgreSQL has to pass as well as SQLite, and why those.

They are about what a database does by itself: what it locks, lets in, counts, orders,
finds and takes for text. What is said about rows once they are there is the same with
either, and is tested with SQLite: permissions, states, sessions and pages, of which
test_pages_everywhere.py asks for every one on PostgreSQL.
"""

# Constraints, conditions of writes, locks, and sums that are kept.
CHANGES = (
    "tests/accounts/test_anchors.py",
    "tests/accounts/test_audit.py",
    "tests/accounts/test_deadline.py",
    "tests/accounts/test_devices.py",
    "tests/accounts/test_generations.py::test_a_change_in_a_database_that_went_back_is_another_one",
    "tests/accounts/test_generations.py::test_a_change_that_is_undone_is_not_counted",
    "tests/accounts/test_generations.py::test_changes_are_noted_by_a_number_that_does_not_come_again",
    "tests/accounts/test_generations.py::test_changes_of_gateway_tokens_are_counted_apart",
    "tests/accounts/test_key_checks.py::test_a_key_that_no_row_uses_does_not_stop_the_start",
    "tests/accounts/test_key_checks.py::test_a_key_that_rows_use_is_never_forgotten",
    "tests/accounts/test_key_checks.py::test_keys_in_use_are_noted_once",
    "tests/accounts/test_key_checks.py::test_such_a_key_is_forgotten_after_a_day",
    "tests/accounts/test_keys.py",
    "tests/accounts/test_lifecycle.py",
    "tests/accounts/test_limiter.py",
    "tests/accounts/test_locks.py",
    "tests/accounts/test_members.py",
    "tests/accounts/test_organisations.py",
    "tests/accounts/test_outbox.py",
    "tests/accounts/test_people.py",
    "tests/accounts/test_quotas.py",
    "tests/accounts/test_relations.py",
    "tests/accounts/test_resubmission.py",
    "tests/accounts/test_snapshots.py",
    "tests/api/test_repeats.py",
    "tests/api/v1/test_idempotency.py",
    "tests/commands/test_check_invariants.py",
    "tests/commands/test_import_tokens.py",
    "tests/commands/test_keys_and_audit.py",
    "tests/commands/test_list_disable_purge.py",
    "tests/importing/test_import.py",
    "tests/reencryption/",
    "tests/sharing/test_filters.py",
    "tests/sharing/test_links.py",
    "tests/sharing/test_shared_views.py",
    "tests/sharing/test_shares.py",
    "tests/sharing/test_state_machine.py",
    "tests/sharing/test_tickets.py",
    "tests/tokens/policies/test_ends.py",
    "tests/tokens/policies/test_outside.py",
    "tests/tokens/policies/test_saving.py",
    "tests/gateway/reminders/test_policies.py",
    "tests/tokens/test_bulk_run.py",
    "tests/tokens/test_bulk_turns.py",
    "tests/tokens/test_calendars.py",
    "tests/tokens/test_changes_model.py",
    "tests/tokens/test_deleted.py",
    "tests/tokens/test_gateway_model.py",
    "tests/tokens/test_last_use.py",
    "tests/tokens/test_limits.py",
    "tests/tokens/test_recording.py",
    "tests/tokens/test_reviving.py",
    "tests/tokens/test_rotation_model.py",
    "tests/tokens/test_stored_secret_model.py",
    "tests/tokens/test_token_model.py",
    "tests/tokens/test_reach.py",
    "tests/gateway/test_call_limits.py",
    "tests/tokens/test_usage_model.py",
    "tests/tokens/test_usage_rows.py",
    "tests/tokens/test_verification.py",
    "tests/tokens/test_without_mac.py",
)
# Searches, filters, order, and pages of long lists.
LISTS = (
    "tests/accounts/test_account_jump.py",
    "tests/accounts/test_account_list.py::test_list_is_paged",
    "tests/accounts/test_account_list.py::test_list_is_searched_by_id",
    "tests/accounts/test_account_list.py::test_list_is_searched_by_name",
    "tests/accounts/test_account_list.py::test_list_is_sorted",
    "tests/accounts/test_account_list.py::test_list_sums_up_the_plan",
    "tests/accounts/test_account_list.py::test_list_survives_any_cursor",
    "tests/accounts/test_account_list.py::test_search_shows_the_main_account_where_it_matches",
    "tests/accounts/test_audit_export.py",
    "tests/accounts/test_paging.py",
    "tests/api/test_audit_trail.py",
    "tests/api/test_audit_trail_filters.py",
    "tests/api/test_filters.py",
    "tests/api/test_log_token_search.py",
    "tests/api/test_long_lists.py",
    "tests/api/test_shared_tokens.py",
    "tests/api/test_sub_accounts.py",
    "tests/api/test_users.py",
    "tests/api/test_users_everywhere.py",
    "tests/api/v1/test_audit.py",
    "tests/api/v1/test_filters.py",
    "tests/api/v1/test_inventory.py",
    "tests/api/v1/test_usage.py",
    "tests/sharing/test_share_list.py",
    "tests/tokens/test_all_pages_filters.py",
    "tests/tokens/test_api_list.py",
    "tests/tokens/test_find.py::test_secret_finds_its_page",
    "tests/tokens/test_find.py::test_what_cannot_be_searched_is_said",
    "tests/tokens/test_health.py",
    "tests/tokens/test_notes.py::test_a_note_is_kept_as_it_was_written",
    "tests/tokens/test_notes.py::test_a_text_like_a_foreign_token_is_looked_for_in_notes",
    "tests/tokens/test_notes.py::test_jump_shows_tokens_by_name_before_those_by_note",
    "tests/tokens/test_notes.py::test_tokens_are_found_by_their_notes",
    "tests/tokens/test_search_index.py",
    "tests/tokens/test_senders.py",
    "tests/tokens/test_states.py",
    "tests/tokens/test_usage.py",
    "tests/tokens/test_whose.py",
)
# The gate asks past the ORM, over connections of its own and by the database's clock.
GATE = (
    "tests/gateway/test_background.py",
    "tests/gateway/test_decisions.py",
    "tests/gateway/test_gate.py",
    "tests/gateway/test_gate_changes.py",
    "tests/gateway/test_gate_database.py",
    "tests/gateway/test_handed_over.py",
    "tests/gateway/test_introspection.py",
    "tests/gateway/test_invented.py",
    "tests/gateway/test_missing_key.py",
    "tests/gateway/test_notice_delivery.py",
    "tests/gateway/test_notices.py",
    "tests/gateway/test_refusals.py",
    "tests/gateway/reminders/",
    "tests/gateway/test_refused_at_the_portal.py",
    "tests/gateway/test_refused_calls.py",
    "tests/gateway/test_remembering.py",
    "tests/gateway/test_watching.py",
    "tests/test_health.py",
    "tests/test_settings.py",
    "tests/test_smoke.py",
    "tests/test_wsgi.py",
)
# What one of them cannot store, compare or fold.
TEXT = (
    "tests/accounts/test_seeds.py",
    "tests/test_hostile_input.py",
    "tests/test_names.py",
)
PLACES = (*CHANGES, *LISTS, *GATE, *TEXT)


def is_for_both(nodeid):
    """Whether a test is one of these."""
    return nodeid.startswith(PLACES)


def has_some_for_both(path):
    """Whether a file has one of these tests, or is in a folder of them."""
    return is_for_both(path) or any(place.startswith(f"{path}::") for place in PLACES)

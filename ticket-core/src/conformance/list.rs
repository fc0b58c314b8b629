//! The one list of cases, and the macros that make tests of it.

/// Stamps one test for each case of a part of the suite into the module where it is called.
///
/// The arguments are the part, the attribute of an async test, and the harness; see
/// [the suite](crate::conformance) for the parts and an example.
#[macro_export]
macro_rules! conformance_tests {
    ($part:ident, $attribute:meta, $harness:ty) => {
        $crate::__conformance_list! { $part (stamp $attribute, $harness) }
    };
}

/// Every case there is, by part and topic; a case is a function in the file of its topic.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_list {
    (store $mode:tt) => {
        $crate::__conformance_each! { $mode store StoreHarness {
            commit {
                a_commit_is_loaded_by_id_number_and_mail,
                what_was_not_stored_is_absent,
                a_stale_version_writes_nothing,
                a_ticket_that_is_not_there_does_not_change,
                an_id_or_a_number_is_opened_once,
                versions_grow_by_one,
                of_concurrent_writers_one_wins_each_version,
                messages_and_notes_are_in_the_order_of_time,
                history_continues_after_a_version,
                numbers_are_never_given_twice,
                the_first_ticket_keeps_a_message_id,
                links_are_found_from_their_other_end,
            }
            keys {
                a_key_replays_its_receipt,
                a_key_of_another_request_is_refused,
                a_key_is_looked_at_before_the_version,
                concurrent_commits_with_one_key_write_once,
                equal_keys_of_two_scopes_do_not_meet,
                a_refused_commit_leaves_no_key,
            }
            redaction {
                a_redacted_message_is_empty_and_not_found,
                a_redacted_note_is_empty_and_not_found,
                a_redaction_that_is_refused_erases_nothing,
                a_redacted_mail_still_names_its_ticket,
            }
            outbox {
                a_commit_puts_its_notices_in,
                claimers_get_different_notices,
                a_claim_is_bounded_and_begins_with_the_oldest,
                a_notice_is_not_due_before_its_time,
                a_lost_lease_cannot_be_settled,
                a_claim_that_is_kept_is_not_handed_out,
                a_notice_is_settled_once,
                attempts_are_counted_when_they_begin,
                a_reader_gets_notices_in_order,
                other_readers_do_not_wait,
                a_dead_or_suppressed_notice_can_be_requeued,
                only_a_sent_notice_bounces,
                automatic_notices_are_counted_for_an_address,
            }
            calls {
                a_commit_puts_its_calls_in,
                a_webhook_hears_of_a_ticket_in_order,
                a_webhook_that_is_down_holds_up_no_other,
                claimers_get_different_calls,
                a_call_is_not_due_before_its_time,
                a_lost_lease_on_a_call_cannot_be_settled,
                every_settlement_of_a_call_is_kept,
                a_settled_call_can_be_made_again_out_of_order,
                a_call_of_no_commit_keeps_no_order,
                what_waits_for_a_webhook_can_be_ended,
                old_calls_are_forgotten,
                the_log_of_a_webhook_begins_with_the_newest,
            }
            vault {
                a_sealed_secret_is_kept_byte_for_byte,
                a_sealed_secret_is_replaced_by_whoever_saw_it,
            }
            spool {
                a_mail_is_kept_byte_for_byte,
                a_mail_is_accepted_once,
                claimers_get_different_mails,
                a_mail_is_not_due_before_its_time,
                a_lost_lease_on_a_mail_cannot_be_settled,
                a_mail_is_settled_once,
                every_settlement_of_a_mail_is_kept,
                quarantine_lists_the_newest_first,
                only_a_quarantined_mail_runs_again,
            }
            settings {
                settings_are_kept_with_their_generation,
                settings_of_another_generation_are_refused,
                of_concurrent_savers_one_wins,
            }
            search {
                every_test_means_what_it_says,
                conditions_hold_together,
                lists_and_counts_agree_with_single_tickets,
                counting_stops_at_its_bound,
                a_customer_sees_on_hold_as_open,
                a_customer_does_not_search_notes,
                a_customer_sees_public_changes_only,
                a_customer_asks_nothing_for_the_team,
                what_the_clock_makes_due_is_found,
                a_search_follows_each_change,
                long_values_of_fields_are_told_apart,
            }
            common_words {
                common_words_are_paged_like_all_lists,
                a_word_is_found_in_any_of_many_texts,
                pages_of_a_common_word_stay_stable_while_tickets_change,
            }
            paging {
                pages_are_in_order_without_gaps,
                the_last_page_says_so,
                a_page_holds_a_hundred_at_most,
                a_cursor_names_the_last_row,
                pages_stay_stable_while_tickets_come,
            }
            relevance {
                better_hits_come_first,
                of_equal_ranks_the_newest_is_first,
                the_newest_that_match_are_ranked,
                notes_do_not_move_what_a_customer_sees,
                other_tickets_move_no_rank,
                relevance_lists_what_matches,
                an_order_that_cannot_be_had_finds_nothing,
            }
            text {
                hostile_texts_come_back_as_written,
                nul_is_replaced_before_it_is_stored,
                the_longest_body_is_kept_and_found,
                words_are_found_however_they_are_spelled,
                times_are_kept_to_the_microsecond,
                every_kind_of_event_comes_back,
            }
            histories {
                a_history_folds_to_its_ticket,
                a_walk_meets_every_ticket_once,
            }
            tenants {
                tenants_with_equal_ids_do_not_meet,
                nothing_of_a_tenant_is_seen_by_another,
                writes_of_a_tenant_reach_no_other,
            }
            reopening {
                what_was_written_is_there_after_reopening,
            }
            model {
                it_answers_like_the_reference,
                it_answers_like_the_reference_again,
            }
        } }
    };
    (blob_store $mode:tt) => {
        $crate::__conformance_each! { $mode blob_store BlobStoreHarness {
            blobs {
                a_blob_is_written_in_pieces,
                a_part_of_a_blob_is_read,
                an_empty_blob_is_a_blob,
                a_large_blob_is_kept_byte_for_byte,
                the_same_bytes_are_stored_once,
                a_dropped_writer_leaves_nothing,
                two_writers_do_not_mix,
            }
        } }
    };
    (sessions $mode:tt) => {
        $crate::__conformance_each! { $mode sessions SessionsHarness {
            sessions {
                a_credential_is_found_by_its_digest,
                a_digest_is_issued_once,
                a_credential_expires,
                one_of_concurrent_revokers_revokes,
                all_credentials_of_a_person_are_revoked,
            }
        } }
    };
    (directory $mode:tt) => {
        $crate::__conformance_each! { $mode directory DirectoryHarness {
            directory {
                people_are_loaded_in_the_order_asked,
                an_address_is_compared_in_its_normal_form,
                an_address_belongs_to_one_person,
                a_person_is_replaced,
                organizations_are_kept,
                members_are_the_active_team_of_a_queue,
                a_guest_is_admitted_once,
            }
        } }
    };
    (lookup $mode:tt) => {
        $crate::__conformance_each! { $mode lookup LookupHarness {
            lookup {
                a_credential_is_found_with_its_owner,
                somebody_is_found_with_their_organization,
                a_subject_brings_its_people_and_members,
                what_is_named_is_gathered,
                what_is_not_there_is_left_out,
                a_key_that_was_used_brings_its_receipt,
                a_number_is_drawn_only_when_wanted,
                a_whole_ticket_has_all_that_belongs_to_it,
            }
        } }
    };
    (rate_limiter $mode:tt) => {
        $crate::__conformance_each! { $mode rate_limiter RateLimiterHarness {
            limiter {
                a_limit_holds_within_the_window,
                the_window_slides,
                keys_are_counted_apart,
                concurrent_callers_share_the_limit,
                a_limit_of_none_allows_nothing,
            }
        } }
    };
    (event_bus $mode:tt) => {
        $crate::__conformance_each! { $mode event_bus EventBusHarness {
            bus {
                subscribers_hear_what_is_published,
                subscribers_hear_nothing_from_before,
                a_waiting_subscriber_wakes,
                a_slow_subscriber_holds_nobody_up,
            }
        } }
    };
    (presence $mode:tt) => {
        $crate::__conformance_each! { $mode presence PresenceHarness {
            presence {
                who_is_at_a_ticket_is_seen_there,
                a_person_is_at_a_ticket_once,
                whoever_stays_away_is_gone,
                whoever_leaves_is_gone_at_once,
            }
        } }
    };
}

/// What is made of the list: tests in an adapter, or the functions that they call.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_each {
    ((stamp $attribute:meta, $harness:ty) $part:ident $bound:ident {
        $($topic:ident { $($case:ident,)+ })+
    }) => {
        $($(
            #[$attribute]
            async fn $case() {
                $crate::conformance::run::$part::$case::<$harness>().await;
            }
        )+)+
    };
    ((define) $part:ident $bound:ident {
        $($topic:ident { $($case:ident,)+ })+
    }) => {
        pub mod $part {
            /// The names of all cases of this part.
            pub const CASES: &[&str] = &[$($(stringify!($case),)+)+];

            $($(
                pub async fn $case<H: $crate::conformance::$bound>() {
                    let world = H::fresh().await;
                    $crate::conformance::$topic::$case(&world).await;
                }
            )+)+
        }
    };
}

/// The cases as functions over a harness; a case that is missing in the list is dead code.
#[doc(hidden)]
pub mod run {
    __conformance_list! { store (define) }
    __conformance_list! { blob_store (define) }
    __conformance_list! { sessions (define) }
    __conformance_list! { directory (define) }
    __conformance_list! { lookup (define) }
    __conformance_list! { rate_limiter (define) }
    __conformance_list! { event_bus (define) }
    __conformance_list! { presence (define) }
}

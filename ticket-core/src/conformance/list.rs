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
            outbox {
                a_commit_puts_its_notices_in,
                claimers_get_different_notices,
                a_claim_is_bounded_and_begins_with_the_oldest,
                a_notice_is_not_due_before_its_time,
                a_lost_lease_cannot_be_settled,
                a_notice_is_settled_once,
                attempts_are_counted_when_they_begin,
                a_reader_gets_notices_in_order,
                other_readers_do_not_wait,
                a_dead_or_suppressed_notice_can_be_requeued,
                only_a_sent_notice_bounces,
                automatic_notices_are_counted_for_an_address,
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
}

//! What customers may know of a history.

use super::apply::{apply, is_seen_by_customers};
use crate::ticket::{Event, EventKind, EventRecord, Posting, Ticket};
use crate::value::Version;
use crate::view::{CustomerChange, CustomerNews};

/// What customers are told of a whole history: one piece of news for each commit in which they can
/// see that something changed.
///
/// A commit that they may not know of leaves no trace: no news, no number, no time.
pub fn public_news(history: &[EventRecord]) -> Vec<CustomerNews> {
    public_commits(history)
        .into_iter()
        .map(|(_, news)| news)
        .collect()
}

/// Whether customers can see what was committed with this version or a later one.
pub(crate) fn is_public_since(history: &[EventRecord], version: Version) -> bool {
    let commits = public_commits(history);
    commits.last().is_some_and(|(last, _)| *last >= version)
}

fn public_commits(history: &[EventRecord]) -> Vec<(Version, CustomerNews)> {
    let mut commits: Vec<(Version, CustomerNews)> = Vec::new();
    let mut ticket: Option<Ticket> = None;
    for record in history {
        if let Some(change) = seen(ticket.as_ref(), &record.event) {
            match commits.last_mut() {
                Some((version, news)) if *version == record.version => news.changes.push(change),
                Some(_) | None => {
                    let news = CustomerNews {
                        at: record.at,
                        changes: vec![change],
                    };
                    commits.push((record.version, news));
                }
            }
        }
        ticket = apply(ticket, record);
    }
    commits
}

/// What customers are told of one commit, each change with the kind of its event.
pub(crate) fn public_changes(
    before: Option<&Ticket>,
    records: &[EventRecord],
) -> Vec<(EventKind, CustomerChange)> {
    let mut ticket = before.cloned();
    let mut changes = Vec::new();
    for record in records {
        let change = seen(ticket.as_ref(), &record.event);
        changes.extend(change.map(|change| (record.event.kind(), change)));
        ticket = apply(ticket, record);
    }
    changes
}

/// What customers see of an event on a ticket as it was before.
fn seen(before: Option<&Ticket>, event: &Event) -> Option<CustomerChange> {
    let seen = before.is_none_or(|before| is_seen_by_customers(before, event));
    change(event).filter(|_| seen)
}

/// What customers are told of an event; nothing, when they may not know of it.
fn change(event: &Event) -> Option<CustomerChange> {
    match event {
        Event::Opened(opening) => Some(CustomerChange::Opened {
            message: opening.message,
        }),
        Event::Replied { message, .. } => Some(CustomerChange::Replied { message: *message }),
        Event::StatusChanged { .. } => Some(CustomerChange::StatusChanged),
        Event::Retitled { .. } => Some(CustomerChange::Retitled),
        Event::RequesterChanged { .. } => Some(CustomerChange::RequesterChanged),
        Event::CcAdded { .. } | Event::CcRemoved { .. } => Some(CustomerChange::CcChanged),
        Event::Redacted {
            posting: Posting::Message(message),
        } => Some(CustomerChange::Redacted { message: *message }),
        Event::Noted { .. }
        | Event::Assigned { .. }
        | Event::Unassigned { .. }
        | Event::PriorityChanged { .. }
        | Event::Moved { .. }
        | Event::Tagged { .. }
        | Event::Untagged { .. }
        | Event::FieldChanged { .. }
        | Event::FollowerAdded { .. }
        | Event::FollowerRemoved { .. }
        | Event::Snoozed { .. }
        | Event::Woke
        | Event::DueChanged { .. }
        | Event::Redacted {
            posting: Posting::Note(_),
        }
        | Event::Linked { .. }
        | Event::Unlinked { .. }
        | Event::AboutAdded { .. }
        | Event::AboutRemoved { .. }
        | Event::ActionTaken { .. }
        | Event::DeliveryFailed { .. } => None,
    }
}

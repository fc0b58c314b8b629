//! Which webhooks are told what of a commit: the one place that decides it.

use super::body::{self, CallType};
use super::{About, Call, Webhook};
use crate::decide::public_changes;
use crate::settings::CheckedSettings;
use crate::ticket::{Event, EventKind, EventRecord, Side, Ticket};
use crate::value::{CallId, Timestamp};
use crate::view::CustomerChange;

/// What happened in a commit.
#[derive(Debug)]
pub struct Told<'a> {
    /// The ticket before; none when it was opened.
    pub before: Option<&'a Ticket>,
    /// The ticket afterwards.
    pub ticket: &'a Ticket,
    /// What happened.
    pub records: &'a [EventRecord],
    /// When.
    pub now: Timestamp,
    /// The settings in force.
    pub settings: &'a CheckedSettings,
}

/// Decides which webhooks are told what: at most one call for each of them, which tells of all
/// events of the commit that it hears of.
///
/// A webhook of the customers' side is told what customers are told, and nothing at all of what
/// they may not know. `ids` are one for each [active](CheckedSettings::active_webhooks) webhook,
/// whether it is called or not: so they tell nothing of the commit.
pub fn calls(told: &Told<'_>, ids: &[CallId]) -> Vec<Call> {
    let public = told.settings.active_webhooks();
    let public = public.filter(|webhook| webhook.side == Side::Customer);
    let changes = match public.count() {
        0 => Vec::new(),
        _ => public_changes(told.before, told.records),
    };
    let each = told.settings.active_webhooks().zip(ids);
    let heard = each.filter(|(webhook, _)| hears_from(webhook, told));
    let called = heard.filter_map(|(webhook, id)| {
        let body = match webhook.side {
            Side::Team => for_team(webhook, told),
            Side::Customer => for_customers(webhook, told, &changes),
        };
        Some(Call {
            id: *id,
            webhook: webhook.key.clone(),
            side: webhook.side,
            about: Some(About {
                ticket: told.ticket.id,
                version: told.ticket.version,
            }),
            created_at: told.now,
            body: body?,
        })
    });
    called.collect()
}

fn hears_from(webhook: &Webhook, told: &Told<'_>) -> bool {
    let before = told.before.map(|before| &before.queue);
    let queues = before.into_iter().chain([&told.ticket.queue]);
    queues.into_iter().any(|queue| webhook.hears_from(queue))
}

fn for_team(webhook: &Webhook, told: &Told<'_>) -> Option<String> {
    let heard = |record: &&EventRecord| webhook.hears_of(record.event.kind());
    let events: Vec<&EventRecord> = told.records.iter().filter(heard).collect();
    let opens = |record: &&EventRecord| matches!(record.event, Event::Opened(_));
    let call_type = call_type(events.iter().any(opens));
    let said = || body::for_team(call_type, told.now, told.ticket, &events);
    (!events.is_empty()).then(said)
}

fn for_customers(
    webhook: &Webhook,
    told: &Told<'_>,
    changes: &[(EventKind, CustomerChange)],
) -> Option<String> {
    let heard = changes.iter().filter(|(kind, _)| webhook.hears_of(*kind));
    let heard: Vec<CustomerChange> = heard.map(|(_, change)| change.clone()).collect();
    let opens = |change: &CustomerChange| matches!(change, CustomerChange::Opened { .. });
    let call_type = call_type(heard.iter().any(opens));
    let ticket = (told.ticket, told.settings);
    (!heard.is_empty()).then(|| body::for_customers(call_type, told.now, ticket, heard))
}

const fn call_type(opens: bool) -> CallType {
    if opens {
        CallType::Opened
    } else {
        CallType::Changed
    }
}

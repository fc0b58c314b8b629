//! Applying events to a ticket: pure and total.

use crate::ticket::{Event, EventRecord, Opening, Posting, RecentMessage, Side, Ticket};
use crate::value::{TicketId, Timestamp, Version};
use crate::workflow::Category;

/// The ticket that an opening makes.
pub fn begin(id: TicketId, at: Timestamp, opening: &Opening) -> Ticket {
    let mut ticket = Ticket {
        id,
        number: opening.number,
        version: Version::FIRST,
        subject: opening.subject.clone(),
        queue: opening.queue.clone(),
        status: opening.status.clone(),
        category: opening.category,
        priority: opening.priority,
        requester: opening.requester.clone(),
        organization: opening.organization.clone(),
        assignee: None,
        tags: opening.tags.clone(),
        fields: opening.fields.clone(),
        followers: std::collections::BTreeSet::new(),
        cc: opening.cc.clone(),
        links: opening.links.clone(),
        about: opening.about.clone(),
        channel: opening.channel,
        snoozed_until: None,
        due: None,
        created_at: at,
        updated_at: at,
        public_updated_at: at,
        status_since: at,
        solved_at: opening.category.is_done().then_some(at),
        last_customer_message_at: None,
        last_agent_message_at: None,
        recent: Vec::new(),
        message_count: 0,
        note_count: 0,
    };
    let message = RecentMessage {
        id: opening.message,
        mail: opening.mail.clone(),
    };
    add_message(&mut ticket, message, opening.side, at);
    ticket
}

/// The ticket after an event; `None` before means that nothing is there yet.
///
/// Total: an event that makes no sense for the ticket, such as a second opening, changes nothing
/// but the version and time. Folding all events of a history gives the stored ticket.
pub fn apply(before: Option<Ticket>, record: &EventRecord) -> Option<Ticket> {
    let Some(mut ticket) = before else {
        return match &record.event {
            Event::Opened(opening) => Some(begin(record.ticket, record.at, opening)),
            _ => None,
        };
    };
    ticket.version = record.version;
    ticket.updated_at = record.at;
    if is_seen_by_customers(&ticket, &record.event) {
        ticket.public_updated_at = record.at;
    }
    change(&mut ticket, &record.event, record.at);
    Some(ticket)
}

/// Whether customers can see that something changed: not when a ticket is put on hold, which
/// looks the same to them.
pub(super) fn is_seen_by_customers(before: &Ticket, event: &Event) -> bool {
    match event {
        Event::StatusChanged { category, .. } => {
            category.shown_to_customers() != before.category.shown_to_customers()
        }
        event => event.is_public(),
    }
}

fn change(ticket: &mut Ticket, event: &Event, at: Timestamp) {
    match event {
        Event::Opened(_) | Event::ActionTaken { .. } => {}
        Event::Replied {
            message,
            mail,
            side,
        } => {
            let message = RecentMessage {
                id: *message,
                mail: mail.clone(),
            };
            add_message(ticket, message, *side, at);
        }
        Event::Noted { .. } | Event::DeliveryFailed { .. } => {
            ticket.note_count = ticket.note_count.saturating_add(1);
        }
        Event::Assigned { to, .. } => ticket.assignee = Some(to.clone()),
        Event::Unassigned { .. } => ticket.assignee = None,
        Event::StatusChanged { to, category, .. } => {
            ticket.solved_at = match (category.is_done(), ticket.solved_at) {
                (false, _) => None,
                (true, Some(earlier)) if *category == Category::Closed => Some(earlier),
                (true, _) => Some(at),
            };
            ticket.status = to.clone();
            ticket.category = *category;
            ticket.status_since = at;
        }
        Event::PriorityChanged { to, .. } => ticket.priority = *to,
        Event::Moved { to, .. } => ticket.queue = to.clone(),
        Event::Retitled { to, .. } => ticket.subject = to.clone(),
        Event::RequesterChanged {
            to, organization, ..
        } => {
            ticket.requester = to.clone();
            ticket.organization = organization.clone();
        }
        Event::Tagged { tag } => {
            ticket.tags.insert(tag.clone());
        }
        Event::Untagged { tag } => {
            ticket.tags.remove(tag);
        }
        Event::FieldChanged { field, to, .. } => {
            match to {
                Some(value) => ticket.fields.insert(field.clone(), value.clone()),
                None => ticket.fields.remove(field),
            };
        }
        Event::FollowerAdded { person } => {
            ticket.followers.insert(person.clone());
        }
        Event::FollowerRemoved { person } => {
            ticket.followers.remove(person);
        }
        Event::CcAdded { person } => {
            ticket.cc.insert(person.clone());
        }
        Event::CcRemoved { person } => {
            ticket.cc.remove(person);
        }
        Event::Snoozed { until } => ticket.snoozed_until = Some(*until),
        Event::Woke => ticket.snoozed_until = None,
        Event::DueChanged { to, .. } => ticket.due = *to,
        Event::Redacted {
            posting: Posting::Message(_) | Posting::Note(_),
        } => {}
        Event::Linked { link } => {
            ticket.links.insert(*link);
        }
        Event::Unlinked { link } => {
            ticket.links.remove(link);
        }
        Event::AboutAdded { subject } => {
            ticket.about.insert(subject.clone());
        }
        Event::AboutRemoved { subject } => {
            ticket.about.remove(subject);
        }
    }
}

fn add_message(ticket: &mut Ticket, message: RecentMessage, side: Side, at: Timestamp) {
    if ticket.recent.len() >= Ticket::RECENT {
        ticket.recent.remove(0);
    }
    ticket.recent.push(message);
    ticket.message_count = ticket.message_count.saturating_add(1);
    match side {
        Side::Customer => ticket.last_customer_message_at = Some(at),
        Side::Team => ticket.last_agent_message_at = Some(at),
    }
}

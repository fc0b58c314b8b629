//! Priority, subject, tags, fields, due date, and things of the host.

use super::Context;
use crate::field::FieldValue;
use crate::refusal::Refusal;
use crate::ticket::{Event, HostSubject, Priority, Ticket};
use crate::value::{ActionKey, FieldKey, Invalid, Subject, Tag, Timestamp, one_line};

pub(super) fn set_priority(ticket: &Ticket, to: Priority) -> Option<Event> {
    (ticket.priority != to).then_some(Event::PriorityChanged {
        from: ticket.priority,
        to,
    })
}

pub(super) fn retitle(ticket: &Ticket, to: &Subject) -> Option<Event> {
    (ticket.subject != *to).then(|| Event::Retitled {
        from: ticket.subject.clone(),
        to: to.clone(),
    })
}

pub(super) fn tag(ticket: &Ticket, tag: &Tag) -> Option<Event> {
    (!ticket.tags.contains(tag)).then(|| Event::Tagged { tag: tag.clone() })
}

pub(super) fn untag(ticket: &Ticket, tag: &Tag) -> Option<Event> {
    ticket
        .tags
        .contains(tag)
        .then(|| Event::Untagged { tag: tag.clone() })
}

pub(super) fn set_field(
    ticket: &Ticket,
    field: &FieldKey,
    value: Option<&FieldValue>,
    context: &Context<'_>,
) -> Result<Option<Event>, Refusal> {
    if let Some(value) = value {
        check_field(field, value, context)?;
    }
    let from = ticket.fields.get(field);
    Ok((from != value).then(|| Event::FieldChanged {
        field: field.clone(),
        from: from.cloned(),
        to: value.cloned(),
    }))
}

/// Checks a value against the field's definition and, for a person, against the directory.
pub(super) fn check_field(
    field: &FieldKey,
    value: &FieldValue,
    context: &Context<'_>,
) -> Result<(), Refusal> {
    let Some(definition) = context.settings.field(field) else {
        let fields = &context.settings.settings().fields;
        let keys: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
        let allowed = format!("one of these fields is: {}", keys.join(", "));
        return Err(Invalid::new("field", field.as_str(), allowed).into());
    };
    definition.check(value)?;
    if let FieldValue::Person(person) = value {
        context.active_person(person, field.as_str())?;
    }
    Ok(())
}

pub(super) fn set_due(ticket: &Ticket, to: Option<Timestamp>) -> Option<Event> {
    (ticket.due != to).then_some(Event::DueChanged {
        from: ticket.due,
        to,
    })
}

pub(super) fn add_about(ticket: &Ticket, subject: &HostSubject) -> Option<Event> {
    (!ticket.about.contains(subject)).then(|| Event::AboutAdded {
        subject: subject.clone(),
    })
}

pub(super) fn remove_about(ticket: &Ticket, subject: &HostSubject) -> Option<Event> {
    ticket.about.contains(subject).then(|| Event::AboutRemoved {
        subject: subject.clone(),
    })
}

pub(super) fn record_action(action: &ActionKey, outcome: &str) -> Event {
    Event::ActionTaken {
        action: action.clone(),
        outcome: one_line(outcome).into(),
    }
}

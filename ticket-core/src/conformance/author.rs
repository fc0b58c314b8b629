//! Random worlds: plans that hold together, with all kinds of events and values.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::expect::read;
use super::maker::{Draft, Maker};
use super::vocabulary::{
    PEOPLE, PRIORITIES, QUEUES, STATUSES, TAGS, WEBHOOKS, any, field, some_of, subject, text,
};
use crate::plan::Plan;
use crate::ticket::{Event, Link, LinkKind, Opening, Posting, Side, Ticket};
use crate::value::{PersonId, TicketId, Timestamp};

/// Writes random plans, each valid after those before it; equal seeds give equal plans.
#[derive(Debug)]
pub(super) struct Author {
    pub(super) chance: Chance,
    pub(super) make: Maker,
    tickets: BTreeMap<TicketId, Known>,
    next_number: u64,
}

/// What the author knows of a ticket.
#[derive(Debug, Clone)]
struct Known {
    ticket: Ticket,
    first: Posting,
    postings: Vec<Posting>,
}

impl Author {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed),
            make: Maker::new(),
            tickets: BTreeMap::new(),
            next_number: 1,
        }
    }

    /// An author whose numbers and ids begin after those of others.
    pub(super) fn starting_at(seed: u64, number: u64) -> Self {
        let mut author = Self::new(seed);
        author.next_number = number;
        let days = std::time::Duration::from_secs(number * 86_400);
        author.make.set(author.make.now().plus(days));
        author
    }

    /// The tickets as they are now, by id.
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        self.tickets
            .values()
            .map(|known| known.ticket.clone())
            .collect()
    }

    /// The next plan: a new ticket once in four times, otherwise a change.
    pub(super) fn next(&mut self) -> Plan {
        if self.tickets.is_empty() || self.chance.once_in(4) {
            self.open()
        } else {
            self.change()
        }
    }

    /// A plan that opens a random ticket.
    pub(super) fn open(&mut self) -> Plan {
        let opening = self.opening();
        self.next_number += 1;
        let text = text(&mut self.chance);
        let plan = tell(&mut self.chance, self.make.begin(opening, &text)).plan();
        self.remember(&plan);
        plan
    }

    /// A plan that changes one of the tickets in one to three ways.
    pub(super) fn change(&mut self) -> Plan {
        let known = self.pick();
        let others: Vec<TicketId> = self.tickets.keys().copied().collect();
        let chance = &mut self.chance;
        let mut draft = self.make.change(&known.ticket);
        for _ in 0..=chance.below(3) {
            draft = write(chance, draft, &known);
            if chance.once_in(2) {
                let event = event(chance, &known.ticket, &others);
                draft = draft.event(event);
            }
        }
        let plan = tell(chance, draft).plan();
        self.remember(&plan);
        plan
    }

    /// A plan for a version that is over.
    pub(super) fn stale(&mut self) -> Option<Plan> {
        let known = self.pick();
        let mut old = known.ticket;
        old.version = crate::value::Version::new(old.version.get().checked_sub(1)?);
        let draft = self.make.change(&old).note("stale");
        Some(tell(&mut self.chance, draft).plan())
    }

    /// One of the tickets with its first message or note.
    pub(super) fn posting(&mut self) -> (TicketId, Posting) {
        let known = self.pick();
        (known.ticket.id, known.first)
    }

    fn pick(&mut self) -> Known {
        let known: Vec<&Known> = self.tickets.values().collect();
        (self.chance.pick(&known)).clone()
    }

    fn opening(&mut self) -> Opening {
        let plain = self.make.opening(self.next_number);
        let links = self.tickets.keys().copied().collect::<Vec<_>>();
        let chance = &mut self.chance;
        let (status, category) = chance.pick(&STATUSES);
        let fields = (0..chance.below(4)).map(|_| field(chance)).collect();
        let organization = chance.once_in(2).then(|| any(chance, &["acme", "globex"]));
        let linked = chance.once_in(3) && !links.is_empty();
        let link = linked.then(|| link(chance, &links));
        Opening {
            subject: subject(chance),
            queue: any(chance, &QUEUES),
            status: read(status),
            category,
            priority: chance.pick(&PRIORITIES),
            requester: any(chance, &PEOPLE),
            organization,
            tags: some_of(chance, &TAGS),
            fields,
            cc: some_of(chance, &PEOPLE),
            links: link.into_iter().collect(),
            about: (0..chance.below(2)).map(|_| about(chance)).collect(),
            ..plain
        }
    }

    fn remember(&mut self, plan: &Plan) {
        let messages = plan.messages.iter().map(|own| Posting::Message(own.id));
        let notes = plan.notes.iter().map(|own| Posting::Note(own.id));
        let new: Vec<Posting> = messages.chain(notes).collect();
        let id = plan.ticket.id;
        let known = self.tickets.entry(id).or_insert_with(|| Known {
            ticket: plan.ticket.clone(),
            first: new[0],
            postings: Vec::new(),
        });
        known.ticket = plan.ticket.clone();
        known.postings.extend(new);
        let is_erased = |posting: &Posting| plan.redactions.contains(posting);
        known.postings.retain(|posting| !is_erased(posting));
    }
}

/// Writes or erases something.
fn write<'a>(chance: &mut Chance, draft: Draft<'a>, known: &Known) -> Draft<'a> {
    match chance.below(7) {
        0 => draft.reply(Side::Customer, &text(chance)),
        1 => draft.reply(Side::Team, &text(chance)),
        2 | 3 => draft.note(&text(chance)),
        4 => draft.mail(&read(&format!("mail{}@example.org", chance.below(20)))),
        5 => redact(chance, draft, known),
        _ => draft.event(Event::PriorityChanged {
            from: known.ticket.priority,
            to: chance.pick(&PRIORITIES),
        }),
    }
}

/// Erases a posting that is not erased yet, or writes a note about it.
fn redact<'a>(chance: &mut Chance, draft: Draft<'a>, known: &Known) -> Draft<'a> {
    let erased = draft.redactions();
    let left = known.postings.iter().filter(|own| !erased.contains(own));
    let left: Vec<Posting> = left.copied().collect();
    if left.is_empty() {
        return draft.note("Nothing is left to erase.");
    }
    draft.redact(chance.pick(&left))
}

/// Adds up to three notices, some automatic.
fn tell<'a>(chance: &mut Chance, mut draft: Draft<'a>) -> Draft<'a> {
    for _ in 0..chance.below(4) {
        let person: PersonId = any(chance, &["ada", "bob", "eve"]);
        let address = format!("{person}@example.org");
        draft = draft.tell_at(person.as_str(), &address, chance.once_in(2));
    }
    for webhook in WEBHOOKS {
        if chance.once_in(2) {
            draft = draft.call(webhook);
        }
    }
    draft
}

fn about(chance: &mut Chance) -> crate::ticket::HostSubject {
    let kind = any(chance, &["order", "device"]);
    let id = chance.pick(&["1", "A/2 \u{1f3ab}"]);
    crate::ticket::HostSubject::new(kind, id).expect("a thing")
}

fn link(chance: &mut Chance, others: &[TicketId]) -> Link {
    let kinds = [
        LinkKind::Relates,
        LinkKind::Duplicates,
        LinkKind::DependsOn,
        LinkKind::ChildOf,
        LinkKind::FollowUpOf,
    ];
    Link {
        kind: chance.pick(&kinds),
        to: chance.pick(others),
    }
}

/// A later or earlier instant, near the times of the world.
fn instant(chance: &mut Chance, ticket: &Ticket) -> Timestamp {
    let days = u64::try_from(chance.below(20)).unwrap_or(0);
    let span = std::time::Duration::from_secs(days * 24 * 3600);
    if chance.once_in(2) {
        ticket.created_at.plus(span)
    } else {
        ticket.created_at.minus(span)
    }
}

/// A change that needs no posting.
fn event(chance: &mut Chance, ticket: &Ticket, others: &[TicketId]) -> Event {
    match chance.below(6) {
        0 | 1 => state_event(chance, ticket),
        2 => people_event(chance, ticket),
        3 => time_event(chance, ticket),
        4 => link_event(chance, ticket, others),
        _ => label_event(chance, ticket),
    }
}

fn state_event(chance: &mut Chance, ticket: &Ticket) -> Event {
    let (status, category) = chance.pick(&STATUSES);
    match chance.below(3) {
        0 => Event::Moved {
            from: ticket.queue.clone(),
            to: any(chance, &QUEUES),
        },
        1 => Event::Retitled {
            from: ticket.subject.clone(),
            to: subject(chance),
        },
        _ => Event::StatusChanged {
            from: ticket.status.clone(),
            to: read(status),
            category,
        },
    }
}

fn people_event(chance: &mut Chance, ticket: &Ticket) -> Event {
    let person: PersonId = any(chance, &PEOPLE);
    match chance.below(7) {
        0 => Event::FollowerAdded { person },
        1 => Event::FollowerRemoved { person },
        2 => Event::CcAdded { person },
        3 => Event::CcRemoved { person },
        4 => Event::Unassigned { from: person },
        5 => Event::RequesterChanged {
            from: ticket.requester.clone(),
            to: person,
            organization: chance.once_in(2).then(|| read("acme")),
        },
        _ => Event::Assigned {
            from: ticket.assignee.clone(),
            to: person,
        },
    }
}

fn time_event(chance: &mut Chance, ticket: &Ticket) -> Event {
    let at = instant(chance, ticket);
    match chance.below(3) {
        0 => Event::Snoozed { until: at },
        1 => Event::Woke,
        _ => Event::DueChanged {
            from: ticket.due,
            to: (!chance.once_in(4)).then_some(at),
        },
    }
}

fn link_event(chance: &mut Chance, ticket: &Ticket, others: &[TicketId]) -> Event {
    let first = ticket.links.first().copied();
    match (chance.below(4), first) {
        (0, Some(link)) => Event::Unlinked { link },
        (0 | 1, _) => Event::Linked {
            link: link(chance, others),
        },
        (2, _) => Event::AboutAdded {
            subject: about(chance),
        },
        _ => Event::AboutRemoved {
            subject: about(chance),
        },
    }
}

fn label_event(chance: &mut Chance, ticket: &Ticket) -> Event {
    match chance.below(5) {
        0 => Event::Tagged {
            tag: any(chance, &TAGS),
        },
        1 => Event::Untagged {
            tag: any(chance, &TAGS),
        },
        2 => Event::ActionTaken {
            action: read("refund"),
            outcome: "refunded 3 € \u{1f4b6}".to_owned(),
        },
        _ => {
            let (field, value) = field(chance);
            Event::FieldChanged {
                from: ticket.fields.get(&field).cloned(),
                field,
                to: (!chance.once_in(4)).then_some(value),
            }
        }
    }
}

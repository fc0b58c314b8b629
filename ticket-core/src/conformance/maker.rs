//! Plans that hold together, made of events as the desk makes them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use uuid::Uuid;

use super::expect::read;
use crate::decide::apply;
use crate::mail::MailMessageId;
use crate::notice::{Content, CustomerContent, Notice, NoticeKind};
use crate::plan::{IdempotencyKey, Plan};
use crate::system::counted_uuid;
use crate::ticket::{
    ActorRef, Cause, Channel, Digest, Event, EventRecord, InternalNote, MailOrigin, Opening,
    Posting, Priority, PublicMessage, SenderProof, Side, Ticket,
};
use crate::value::{
    Body, CallId, EmailAddress, Mailbox, MessageId, NoteId, NoticeId, PersonId, SpoolId, TicketId,
    TicketNumber, Timestamp, Version,
};
use crate::webhook::{About, Call};
use crate::workflow::Category;

/// Makes plans, ids and times; two makers make the same.
#[derive(Debug)]
pub(super) struct Maker {
    count: u64,
    now: Timestamp,
}

impl Maker {
    pub(super) fn new() -> Self {
        Self {
            count: 0,
            now: read("2026-01-05T09:00:00.000001Z"),
        }
    }

    /// The time of the latest plan.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Goes to another time.
    pub(super) const fn set(&mut self, now: Timestamp) {
        self.now = now;
    }

    /// A moment later.
    pub(super) fn tick(&mut self) -> Timestamp {
        self.now = self.now.plus(Duration::from_micros(1_000_001));
        self.now
    }

    /// An id that grows with time.
    pub(super) fn uuid(&mut self) -> Uuid {
        self.count += 1;
        let millis = self.now.micros().unsigned_abs() / 1000;
        counted_uuid(millis, self.count)
    }

    /// A call of a webhook of the team's side.
    pub(super) fn call(&mut self, webhook: &str, about: Option<About>, body: &str) -> Call {
        Call {
            id: CallId::new(self.uuid()),
            webhook: read(webhook),
            side: Side::Team,
            about,
            created_at: self.now,
            body: body.to_owned(),
        }
    }

    /// How a plain ticket begins.
    pub(super) fn opening(&mut self, number: u64) -> Opening {
        Opening {
            number: TicketNumber::new(number).expect("a number"),
            subject: read("Printer jam"),
            queue: read("support"),
            status: read("new"),
            category: Category::New,
            priority: Priority::Normal,
            requester: read("ada"),
            organization: None,
            tags: BTreeSet::new(),
            fields: BTreeMap::new(),
            cc: BTreeSet::new(),
            links: BTreeSet::new(),
            about: BTreeSet::new(),
            channel: Channel::Web,
            message: MessageId::new(self.uuid()),
            mail: None,
            side: Side::Customer,
        }
    }

    /// A plan that opens a plain ticket.
    pub(super) fn open(&mut self, number: u64) -> Draft<'_> {
        let opening = self.opening(number);
        self.begin(opening, "It is stuck.")
    }

    /// A plan that opens ticket 1 with this text.
    pub(super) fn begin_with(&mut self, text: &str) -> Draft<'_> {
        let opening = self.opening(1);
        self.begin(opening, text)
    }

    /// A plan that opens a ticket so.
    pub(super) fn begin(&mut self, opening: Opening, text: &str) -> Draft<'_> {
        let at = self.tick();
        let ticket = TicketId::new(self.uuid());
        let record = EventRecord {
            ticket,
            version: Version::FIRST,
            index: 0,
            at,
            actor: ActorRef::Person {
                id: opening.requester.clone(),
                on_behalf_of: None,
            },
            cause: Cause::Request {
                channel: opening.channel,
            },
            event: Event::Opened(Box::new(opening.clone())),
        };
        let ticket = apply(None, &record).expect("an opening begins a ticket");
        let mut draft = Draft {
            maker: self,
            plan: plan_of(ticket, None, vec![record]),
        };
        draft.add_message(opening.message, opening.mail, opening.side, text);
        draft
    }

    /// A plan that changes a ticket.
    pub(super) fn change(&mut self, ticket: &Ticket) -> Draft<'_> {
        self.tick();
        let mut after = ticket.clone();
        after.version = ticket.version.next();
        Draft {
            maker: self,
            plan: plan_of(after, Some(ticket.version), Vec::new()),
        }
    }
}

fn plan_of(ticket: Ticket, expected: Option<Version>, events: Vec<EventRecord>) -> Plan {
    Plan {
        ticket,
        expected,
        events,
        messages: Vec::new(),
        notes: Vec::new(),
        redactions: Vec::new(),
        notices: Vec::new(),
        calls: Vec::new(),
        trace: Vec::new(),
    }
}

/// A plan in the making.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    maker: &'a mut Maker,
    plan: Plan,
}

impl Draft<'_> {
    /// The plan.
    pub(super) fn plan(self) -> Plan {
        assert!(!self.plan.events.is_empty(), "a plan has an event");
        self.plan
    }

    /// One more event.
    pub(super) fn event(mut self, event: Event) -> Self {
        self.add_event(event);
        self
    }

    /// One more public message.
    pub(super) fn reply(mut self, side: Side, text: &str) -> Self {
        let message = MessageId::new(self.maker.uuid());
        let mail = None;
        self.add_event(Event::Replied {
            message,
            mail: mail.clone(),
            side,
        });
        self.add_message(message, mail, side, text);
        self
    }

    /// One more public message, which came by mail.
    pub(super) fn mail(mut self, mail: &MailMessageId) -> Self {
        let message = MessageId::new(self.maker.uuid());
        self.add_event(Event::Replied {
            message,
            mail: Some(mail.clone()),
            side: Side::Customer,
        });
        self.add_message(message, Some(mail.clone()), Side::Customer, "By mail.");
        self
    }

    /// One more internal note.
    pub(super) fn note(self, text: &str) -> Self {
        self.noted(text, None)
    }

    /// One more internal note, which came by mail.
    pub(super) fn noted_by_mail(self, mail: &MailMessageId) -> Self {
        self.noted("By mail.", Some(mail.clone()))
    }

    fn noted(mut self, text: &str, mail: Option<MailMessageId>) -> Self {
        let id = NoteId::new(self.maker.uuid());
        self.add_event(Event::Noted { note: id });
        let mail = mail.map(|mail| self.origin(mail));
        self.plan.notes.push(InternalNote {
            id,
            ticket: self.plan.ticket.id,
            at: self.maker.now,
            author: ActorRef::System,
            body: Body::received(text, None).expect("a body"),
            attachments: Vec::new(),
            mentions: vec![read("bob")],
            mail,
            redacted: None,
        });
        self
    }

    /// Erases a message or note.
    pub(super) fn redact(mut self, posting: Posting) -> Self {
        self.add_event(Event::Redacted { posting });
        self.plan.redactions.push(posting);
        self
    }

    /// What the plan erases so far.
    pub(super) fn redactions(&self) -> &[Posting] {
        &self.plan.redactions
    }

    /// One more notice, to a person at `person@example.org`.
    pub(super) fn tell(self, person: &str) -> Self {
        self.tell_at(person, &format!("{person}@example.org"), false)
    }

    /// One more notice.
    pub(super) fn tell_at(mut self, person: &str, address: &str, automatic: bool) -> Self {
        let address: EmailAddress = read(address);
        let message = self.plan.messages.last().map(|message| message.id);
        let ticket = &self.plan.ticket;
        self.plan.notices.push(Notice {
            id: NoticeId::new(self.maker.uuid()),
            ticket: ticket.id,
            number: ticket.number,
            version: ticket.version,
            kind: NoticeKind::Replied,
            person: read(person),
            to: Mailbox::new(Some(person), address),
            from: Mailbox::new(Some("Support"), read("support@example.org")),
            queue: ticket.queue.clone(),
            automatic,
            created_at: self.maker.now,
            subject: format!("[#{}] {}", ticket.number, ticket.subject),
            intro: "Somebody answered.".to_owned(),
            outro: String::new(),
            content: Content::Customer(CustomerContent {
                message,
                quoted: Vec::new(),
            }),
            references: vec![read("first@example.org")],
        });
        self
    }

    /// One more call, to this webhook.
    pub(super) fn call(mut self, webhook: &str) -> Self {
        let ticket = &self.plan.ticket;
        let about = About {
            ticket: ticket.id,
            version: ticket.version,
        };
        let body = format!("{{\"number\":{},\"to\":\"{webhook}\"}}", ticket.number);
        let call = self.maker.call(webhook, Some(about), &body);
        self.plan.calls.push(call);
        self
    }

    fn add_event(&mut self, event: Event) {
        let record = EventRecord {
            ticket: self.plan.ticket.id,
            version: self.plan.ticket.version,
            index: u16::try_from(self.plan.events.len()).expect("few events"),
            at: self.maker.now,
            actor: ActorRef::Person {
                id: read("bob"),
                on_behalf_of: None,
            },
            cause: Cause::Request {
                channel: Channel::Api,
            },
            event,
        };
        let before = self.plan.ticket.clone();
        self.plan.ticket = apply(Some(before), &record).expect("a ticket stays one");
        self.plan.events.push(record);
    }

    fn add_message(&mut self, id: MessageId, mail: Option<MailMessageId>, side: Side, text: &str) {
        let mail = mail.map(|mail| self.origin(mail));
        self.plan.messages.push(PublicMessage {
            id,
            ticket: self.plan.ticket.id,
            at: self.maker.now,
            author: match side {
                Side::Customer => self.plan.ticket.requester.clone(),
                Side::Team => read::<PersonId>("bob"),
            },
            side,
            channel: Channel::Web,
            body: Body::received(text, None).expect("a body"),
            attachments: Vec::new(),
            mail,
            redacted: None,
        });
    }

    fn origin(&mut self, mail: MailMessageId) -> MailOrigin {
        MailOrigin {
            spool: SpoolId::new(self.maker.uuid()),
            message_id: Some(mail),
            proof: SenderProof::Unproven,
        }
    }
}

/// A key for a request.
pub(super) fn key(scope: &str, key: &str, request: &str) -> IdempotencyKey {
    IdempotencyKey {
        scope: scope.to_owned(),
        key: key.to_owned(),
        fingerprint: Digest::of(request.as_bytes()),
    }
}

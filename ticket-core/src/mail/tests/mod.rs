//! The tests of mail, with a small world to play in.

mod authentication;
mod fingerprint;
mod machine;
mod signing;
mod strangers;
mod threading;

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Decision, Facts, Found, InboundMail, MailMessageId, SigningKey, clues, decide_mail};
use crate::decide::begin;
use crate::person::{Person, Role};
use crate::port::Reference;
use crate::settings::{Queue, Settings};
use crate::ticket::{Channel, Opening, Priority, Side, Ticket};
use crate::value::{
    EmailAddress, Mailbox, MessageId, NoticeId, PersonId, QueueKey, Subject, TicketId,
    TicketNumber, Timestamp,
};
use crate::workflow::{Category, Workflow};

pub(super) const HOST: &str = "mx.desk.example";

pub(super) fn key() -> SigningKey {
    SigningKey::new([7; 32])
}

pub(super) fn address(text: &str) -> EmailAddress {
    text.parse().expect("an address")
}

pub(super) fn person_id(text: &str) -> PersonId {
    PersonId::new(text).expect("a person's id")
}

pub(super) fn mail_id(text: &str) -> MailMessageId {
    MailMessageId::new(text).expect("a Message-ID")
}

pub(super) fn ticket_id(number: u64) -> TicketId {
    TicketId::new(Uuid::from_u128(0x1_0000 + u128::from(number)))
}

pub(super) fn notice_id(number: u64) -> NoticeId {
    NoticeId::new(Uuid::from_u128(0x2_0000 + u128::from(number)))
}

pub(super) fn queue_key(text: &str) -> QueueKey {
    text.parse().expect("a key")
}

pub(super) fn support() -> EmailAddress {
    address("support@desk.example")
}

/// Tickets 1 (of ada, with carl in Cc) and 2 (of carl) in `support`, 3 (of ada) in `billing`.
/// Agnes works on `support`, boris on `billing`.
pub(super) struct World {
    pub(super) people: Vec<Person>,
    pub(super) tickets: Vec<Ticket>,
    /// Message-IDs of mails that became messages, with the number of their ticket.
    pub(super) mails: Vec<(MailMessageId, u64)>,
    pub(super) settings: Settings,
}

pub(super) fn agent(id: &str, queues: &[&str]) -> Person {
    let queues: BTreeSet<QueueKey> = queues.iter().map(|queue| queue_key(queue)).collect();
    let role = Role::Agent {
        queues,
        own_tickets_only: false,
    };
    Person::new(person_id(id), id, home(id), role)
}

pub(super) fn home(name: &str) -> EmailAddress {
    address(&format!("{name}@{name}.example"))
}

fn ticket(number: u64, queue: &str, requester: &str, cc: &[&str]) -> Ticket {
    let opening = Opening {
        number: TicketNumber::new(number).expect("a number"),
        subject: Subject::new("Printer jam").expect("a subject"),
        queue: queue_key(queue),
        status: "open".parse().expect("a key"),
        category: Category::Open,
        priority: Priority::Normal,
        requester: person_id(requester),
        organization: None,
        tags: BTreeSet::new(),
        fields: std::collections::BTreeMap::new(),
        cc: cc.iter().map(|id| person_id(id)).collect(),
        links: BTreeSet::new(),
        about: BTreeSet::new(),
        channel: Channel::Mail,
        message: MessageId::new(Uuid::from_u128(u128::from(number))),
        mail: None,
        side: Side::Customer,
    };
    begin(ticket_id(number), Timestamp::from_micros(0), &opening)
}

impl World {
    pub(super) fn new() -> Self {
        let customer = |name: &str| Person::customer(person_id(name), name, home(name));
        let queue = |name: &str| Queue {
            key: queue_key(name),
            name: name.to_owned(),
            address: address(&format!("{name}@desk.example")),
            workflow: Workflow::standard().key,
        };
        let mut settings = Settings {
            queues: vec![queue("support"), queue("billing")],
            ..Settings::default()
        };
        settings.mail.authserv_id = Some(HOST.to_owned());
        Self {
            people: vec![
                customer("ada"),
                customer("carl"),
                customer("dora"),
                agent("agnes", &["support"]),
                agent("boris", &["billing"]),
            ],
            tickets: vec![
                ticket(1, "support", "ada", &["carl"]),
                ticket(2, "support", "carl", &[]),
                ticket(3, "billing", "ada", &[]),
            ],
            mails: vec![(mail_id("first@ada"), 1), (mail_id("second@carl"), 2)],
            settings,
        }
    }

    pub(super) fn person(&mut self, id: &str) -> &mut Person {
        let id = person_id(id);
        let found = self.people.iter_mut().find(|person| person.id == id);
        found.expect("somebody of the world")
    }

    pub(super) fn ticket(&mut self, number: u64) -> &mut Ticket {
        let id = ticket_id(number);
        let found = self.tickets.iter_mut().find(|ticket| ticket.id == id);
        found.expect("a ticket of the world")
    }

    fn load(&self, reference: &Reference) -> Option<Ticket> {
        let by = |wanted: &dyn Fn(&Ticket) -> bool| self.tickets.iter().find(|t| wanted(t));
        match reference {
            Reference::Id(id) => by(&|ticket| ticket.id == *id),
            Reference::Number(number) => by(&|ticket| ticket.number == *number),
            Reference::Mail(mail) => {
                let (_, number) = self.mails.iter().find(|(id, _)| id == mail)?;
                by(&|ticket| ticket.id == ticket_id(*number))
            }
        }
        .cloned()
    }

    /// Decides about a mail as the desk would.
    pub(super) fn decide(&self, mail: &InboundMail) -> Decision {
        let ours: Vec<EmailAddress> = self
            .settings
            .queues
            .iter()
            .map(|q| q.address.clone())
            .collect();
        let who = |address: &EmailAddress| {
            let has = |person: &&Person| person.active && person.addresses.contains(address);
            self.people.iter().find(has).or_else(|| {
                let known = |person: &&Person| person.addresses.contains(address);
                self.people.iter().find(known)
            })
        };
        let clues = clues(mail, &key(), &ours);
        let references = clues.references();
        let loaded = references.iter().map(|wanted| self.load(wanted)).collect();
        let recipients: Vec<PersonId> = clues
            .recipients()
            .iter()
            .filter_map(|address| Some(who(address)?.id.clone()))
            .collect();
        let facts = Facts {
            sender: mail.from.as_ref().and_then(|from| who(&from.address)),
            recipients: &recipients,
            tickets: &Found::new(references, loaded),
            settings: &self.settings,
            key: &key(),
            queue: &queue_key("support"),
        };
        decide_mail(mail, &clues, &facts)
    }
}

/// A mail from somebody to the support queue, with nothing in it that points at a ticket.
pub(super) fn from(name: &str) -> InboundMail {
    InboundMail {
        from: Some(Mailbox::from(home(name))),
        to: vec![Mailbox::from(support())],
        subject: "Hello".to_owned(),
        message_id: Some(mail_id(&format!("new@{name}"))),
        text: "It is stuck.".to_owned(),
        ..InboundMail::default()
    }
}

pub(super) trait Change {
    fn header(self, name: &str, value: &str) -> Self;
    /// Our own host says that the sender's domain vouches for it, or that it does not.
    fn dmarc(self, result: &str) -> Self;
    fn answering(self, id: MailMessageId) -> Self;
    fn addressed(self, to: EmailAddress) -> Self;
    fn subject(self, subject: &str) -> Self;
}

impl Change for InboundMail {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn dmarc(self, result: &str) -> Self {
        let domain = self.from.as_ref().expect("a sender").address.domain();
        let value = format!("{HOST}; dmarc={result} header.from={domain}");
        self.header("Authentication-Results", &value)
    }

    fn answering(mut self, id: MailMessageId) -> Self {
        self.in_reply_to.push(id);
        self
    }

    fn addressed(mut self, to: EmailAddress) -> Self {
        self.to = vec![Mailbox::from(to)];
        self
    }

    fn subject(mut self, subject: &str) -> Self {
        subject.clone_into(&mut self.subject);
        self
    }
}

/// The address that we gave somebody for a ticket.
pub(super) fn reply_to(ticket: u64, person: &str) -> EmailAddress {
    key().reply_address(&support(), ticket_id(ticket), &person_id(person))
}

/// The Message-ID of a mail that we sent somebody about a ticket.
pub(super) fn our_id(ticket: u64, person: &str) -> MailMessageId {
    let notice = notice_id(ticket);
    key().message_id(
        notice,
        ticket_id(ticket),
        &person_id(person),
        "desk.example",
    )
}

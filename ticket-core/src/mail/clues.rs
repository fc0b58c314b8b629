//! What in a mail points at tickets.

use std::collections::{HashMap, HashSet};

use super::{AddressToken, InboundMail, MailMessageId, SignedId, SigningKey};
use crate::port::Reference;
use crate::ticket::Ticket;
use crate::value::{EmailAddress, NoticeId, TicketNumber};

/// Most ids of a mail that are looked at, the newest; beyond them only the oldest one is.
const IDS_READ: usize = 200;
/// Most clues of each kind that are followed.
const CLUES: usize = 20;
/// Most numbers in a subject that are followed.
const NUMBERS: usize = 3;

/// What in a mail points at tickets, before anybody looked the tickets up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Clues {
    /// Reply addresses that it was sent to; not known yet to be real.
    pub(super) tokens: Vec<AddressToken>,
    /// Mails of ours that it answers, the newest first.
    pub(super) signed: Vec<SignedId>,
    /// Other mails that it answers, the newest first.
    pub(super) known: Vec<MailMessageId>,
    /// Ticket numbers in its subject.
    pub(super) numbers: Vec<TicketNumber>,
    /// Mails of ours that it returns, as a delivery report.
    pub(super) returned: Vec<SignedId>,
    /// Whom a delivery report is about.
    pub(super) recipients: Vec<EmailAddress>,
}

/// Reads what in a mail points at tickets; `ours` are the addresses of all queues.
pub fn clues(mail: &InboundMail, key: &SigningKey, ours: &[EmailAddress]) -> Clues {
    let mut clues = Clues {
        tokens: tokens(mail, ours),
        numbers: numbers(&mail.subject),
        returned: mail
            .returned_ids
            .iter()
            .take(CLUES)
            .filter_map(|id| key.read_message_id(id))
            .collect(),
        recipients: mail
            .reports
            .iter()
            .filter_map(|report| report.recipient.clone())
            .take(CLUES)
            .collect(),
        ..Clues::default()
    };
    for id in answered(mail) {
        match key.read_message_id(id) {
            Some(signed) if clues.signed.len() < CLUES => clues.signed.push(signed),
            None if clues.known.len() < CLUES => clues.known.push(id.clone()),
            Some(_) | None => {}
        }
    }
    clues
}

/// The mails that this one answers, the newest first, each once.
fn answered(mail: &InboundMail) -> impl Iterator<Item = &MailMessageId> {
    let newest = mail.in_reply_to.iter().rev();
    let newest = newest.chain(mail.references.iter().rev()).take(IDS_READ);
    // The root of the thread stands first, however long the thread has become.
    let mut seen = HashSet::new();
    newest
        .chain(mail.references.first())
        .filter(move |id| seen.insert(*id))
}

fn tokens(mail: &InboundMail, ours: &[EmailAddress]) -> Vec<AddressToken> {
    let headed = mail.to.iter().chain(&mail.cc).map(|to| &to.address);
    let mut tokens = Vec::new();
    for address in mail.delivered_to.iter().chain(headed) {
        if tokens.len() == CLUES {
            break;
        }
        if let Some(token) = SigningKey::read_address(address, ours)
            && !tokens.contains(&token)
        {
            tokens.push(token);
        }
    }
    tokens
}

/// Numbers in a subject: `[#123]`, also with words before it as in `[Support #123]`.
fn numbers(subject: &str) -> Vec<TicketNumber> {
    let mut numbers = Vec::new();
    for group in subject.split('[').skip(1) {
        let Some((group, _)) = group.split_once(']') else {
            continue;
        };
        let digits = group.rsplit_once('#').map(|(_, digits)| digits);
        let number = digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok());
        if let Some(number) = number
            && numbers.len() < NUMBERS
            && !numbers.contains(&number)
        {
            numbers.push(number);
        }
    }
    numbers
}

impl Clues {
    /// What to load before deciding, each once.
    pub fn references(&self) -> Vec<Reference> {
        let tokens = self.tokens.iter().map(|token| token.ticket);
        let signed = self.signed.iter().chain(&self.returned).map(|id| id.ticket);
        let mut seen = HashSet::new();
        tokens
            .chain(signed)
            .map(Reference::Id)
            .chain(self.known.iter().cloned().map(Reference::Mail))
            .chain(self.numbers.iter().copied().map(Reference::Number))
            .filter(|reference| seen.insert(reference.clone()))
            .collect()
    }

    /// The notices that it answers, by their signed Message-IDs, the newest first.
    pub fn answered(&self) -> impl Iterator<Item = NoticeId> {
        self.signed.iter().filter_map(|signed| signed.notice)
    }

    /// The addresses that a delivery report is about: whoever has one may be named in a bounce.
    pub fn recipients(&self) -> &[EmailAddress] {
        &self.recipients
    }
}

/// The tickets that were found for some references.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found(HashMap<Reference, Ticket>);

impl Found {
    /// Pairs references with what the repository answered for them, in the same order.
    pub fn new(references: Vec<Reference>, tickets: Vec<Option<Ticket>>) -> Self {
        let pairs = references.into_iter().zip(tickets);
        Self(
            pairs
                .filter_map(|(reference, ticket)| Some((reference, ticket?)))
                .collect(),
        )
    }

    /// The ticket that a reference names.
    pub fn ticket(&self, reference: &Reference) -> Option<&Ticket> {
        self.0.get(reference)
    }
}

//! Which ticket a mail belongs to, by ordered evidence, with the sender checked.
//!
//! Two steps, because tickets have to be loaded in between: [`clues`](super::clues) names what to
//! load, [`decide_mail`] decides. Evidence in the order of its strength: a reply address of ours,
//! a signed Message-ID of ours (the newest first), the Message-ID of a mail that is in a ticket
//! (the newest first), a ticket's number in the subject. The first that names a ticket which the
//! sender may write into wins; all of it is kept in the decision.
//!
//! Who may write into a ticket by which evidence:
//!
//! | sender, by the From field | own secret | other's secret | known Message-ID | number |
//! | --- | --- | --- | --- | --- |
//! | requester or Cc, a customer | joins | joins | joins | by the setting |
//! | the same, disowned by DMARC | joins | new ticket | new ticket | new ticket |
//! | sees it as team member, authenticated | joins | joins | joins | if requester or Cc |
//! | the same, not authenticated | joins | new ticket | new ticket | new ticket |
//! | the same, disowned by DMARC | new ticket | new ticket | new ticket | new ticket |
//! | anybody else | new ticket | new ticket | new ticket | new ticket |
//!
//! A secret is a reply address or a signed id; it is the sender's own if it was sent to them.
//! People pass mail on with all addresses and ids in it, so an other's secret proves nothing: it
//! is worth as much as a known Message-ID. A new ticket is related to those that the mail points
//! at; its sender sees nothing of them. Reply-To, To and Cc give nobody a right.

use super::{Clues, Decision, Evidence, Found, InboundMail, Outcome, Quarantine, SigningKey};
use super::{SignedId, Verdict, Writer, is_own, verdict, writer};
use crate::authority::{Actor, Scope};
use crate::person::Person;
use crate::port::Reference;
use crate::settings::{GuestPolicy, Settings, SubjectNumber};
use crate::ticket::{SenderProof, Ticket};
use crate::value::{EmailAddress, PersonId, QueueKey, TicketId};

/// Most tickets that a new one is related to.
const RELATED: usize = 5;

/// What the desk knows when it decides about a mail.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Who has the address in the From field.
    pub sender: Option<&'a Person>,
    /// Who has one of the addresses that a [delivery report](Clues::recipients) is about.
    pub recipients: &'a [PersonId],
    /// The tickets that the clues name.
    pub tickets: &'a Found,
    /// The settings.
    pub settings: &'a Settings,
    /// The key that our mail is signed with.
    pub key: &'a SigningKey,
    /// The queue that the mail was sent to.
    pub queue: &'a QueueKey,
}

/// How much a piece of evidence is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// The sender's own secret.
    Own,
    /// Another's secret, or the id of a mail that others may have seen.
    Shared,
    /// A number that anybody may guess.
    Guessable,
}

/// A piece of evidence with the ticket that it names.
struct Lead<'a> {
    ticket: &'a Ticket,
    evidence: Evidence,
    strength: Strength,
}

/// Which ticket a mail belongs to, or what else becomes of it.
pub fn decide_mail(mail: &InboundMail, clues: &Clues, facts: &Facts<'_>) -> Decision {
    let authserv_id = facts.settings.mail.authserv_id.as_deref();
    let verdict = verdict(mail, authserv_id);
    let leads = leads(clues, facts);
    let outcome = outcome(mail, clues, facts, &leads, verdict);
    Decision {
        sender: facts.sender.map(|sender| sender.id.clone()),
        proof: proof(verdict, &leads),
        machine: machine(mail, &outcome),
        outcome,
        evidence: leads.into_iter().map(|lead| lead.evidence).collect(),
    }
}

fn proof(verdict: Verdict, leads: &[Lead<'_>]) -> SenderProof {
    let own = || leads.iter().any(|lead| lead.strength == Strength::Own);
    match verdict {
        Verdict::Authenticated => SenderProof::Authenticated,
        Verdict::Failed | Verdict::Silent if own() => SenderProof::Token,
        Verdict::Failed | Verdict::Silent => SenderProof::Unproven,
    }
}

/// The sign of a machine; a list's sign counts only on what opens something.
///
/// A shared mailbox is often a list, and what a participant writes through it is no machine's.
fn machine(mail: &InboundMail, outcome: &Outcome) -> Option<String> {
    match writer(mail) {
        Writer::Person => None,
        Writer::Machine { sign } => Some(sign),
        Writer::List { sign } => match outcome {
            Outcome::Joins { .. } => None,
            Outcome::Opens { .. } | Outcome::Bounces { .. } | Outcome::Quarantined { .. } => {
                Some(sign)
            }
        },
    }
}

fn outcome(
    mail: &InboundMail,
    clues: &Clues,
    facts: &Facts<'_>,
    leads: &[Lead<'_>],
    verdict: Verdict,
) -> Outcome {
    let settings = facts.settings;
    let ours: Vec<EmailAddress> = settings.queues.iter().map(|q| q.address.clone()).collect();
    let aside = |reason| Outcome::Quarantined { reason };
    if is_own(mail, facts.key, &ours) {
        return aside(Quarantine::OwnMail);
    }
    if !mail.reports.is_empty() {
        return bounce(mail, clues, facts).unwrap_or(aside(Quarantine::UnknownBounce));
    }
    if mail.from.is_none() {
        let detail = "no usable From field".into();
        return aside(Quarantine::Unreadable { detail });
    }
    let Some(sender) = facts.sender else {
        return match settings.guests {
            GuestPolicy::Nobody => aside(Quarantine::GuestsNotAdmitted),
            GuestPolicy::ByProof | GuestPolicy::Freely => opens(facts, leads),
        };
    };
    if !sender.active {
        return aside(Quarantine::SenderInactive);
    }
    let joined = leads
        .iter()
        .find(|lead| may_join(sender, lead, verdict, settings));
    match joined {
        Some(lead) => Outcome::Joins {
            ticket: lead.ticket.id,
        },
        None => opens(facts, leads),
    }
}

/// The rule of the table above.
fn may_join(sender: &Person, lead: &Lead<'_>, verdict: Verdict, settings: &Settings) -> bool {
    // Without the organization: only who takes part writes by mail, not whoever may read.
    let Some(actor) = Actor::person(sender, None) else {
        return false;
    };
    if Scope::of(&actor).level(lead.ticket).is_none() {
        return false;
    }
    let staff = sender.role.is_staff();
    let participant = lead.ticket.has_participant(&sender.id);
    match (lead.strength, verdict) {
        (Strength::Own, Verdict::Authenticated | Verdict::Silent)
        | (Strength::Shared, Verdict::Authenticated) => true,
        (Strength::Own, Verdict::Failed) | (Strength::Shared, Verdict::Silent) => !staff,
        (Strength::Shared, Verdict::Failed) => false,
        (Strength::Guessable, verdict) => {
            participant && number_suffices(settings.mail.subject_number, verdict, staff)
        }
    }
}

fn number_suffices(policy: SubjectNumber, verdict: Verdict, staff: bool) -> bool {
    match (policy, verdict) {
        (SubjectNumber::Never, _) | (_, Verdict::Failed) => false,
        (SubjectNumber::Authenticated | SubjectNumber::Participant, Verdict::Authenticated) => true,
        (SubjectNumber::Authenticated, Verdict::Silent) => false,
        (SubjectNumber::Participant, Verdict::Silent) => !staff,
    }
}

fn opens(facts: &Facts<'_>, leads: &[Lead<'_>]) -> Outcome {
    if !facts.settings.queues.iter().any(|q| q.key == *facts.queue) {
        return Outcome::Quarantined {
            reason: Quarantine::NoSuchQueue,
        };
    }
    let mut related: Vec<TicketId> = Vec::new();
    for lead in leads {
        if related.len() < RELATED && !related.contains(&lead.ticket.id) {
            related.push(lead.ticket.id);
        }
    }
    Outcome::Opens { related }
}

/// A report that a mail of ours failed; the mail is known by its signed id alone.
///
/// A report of delay or success is none, and neither needs anybody's attention.
fn bounce(mail: &InboundMail, clues: &Clues, facts: &Facts<'_>) -> Option<Outcome> {
    if !mail.reports.iter().any(|report| report.action == "failed") {
        return None;
    }
    let returned = clues.returned.iter().chain(&clues.signed);
    returned
        .filter_map(|id| Some((id, id.notice?)))
        .find_map(|(id, notice)| {
            let ticket = facts.tickets.ticket(&Reference::Id(id.ticket))?;
            let person = holder(id, ticket, facts)?;
            Some(Outcome::Bounces {
                ticket: ticket.id,
                notice,
                person,
            })
        })
}

/// Whom a mail of ours was sent to, of those who may have got one about the ticket.
fn holder(id: &SignedId, ticket: &Ticket, facts: &Facts<'_>) -> Option<PersonId> {
    people(ticket)
        .chain(facts.recipients)
        .find(|person| facts.key.sent_to(id, person))
        .cloned()
}

fn people(ticket: &Ticket) -> impl Iterator<Item = &PersonId> {
    std::iter::once(&ticket.requester)
        .chain(&ticket.cc)
        .chain(&ticket.assignee)
        .chain(&ticket.followers)
}

/// Everything that points at a ticket which exists, the strongest first.
fn leads<'a>(clues: &Clues, facts: &Facts<'a>) -> Vec<Lead<'a>> {
    let ticket = |id| facts.tickets.ticket(&Reference::Id(id));
    let strength = |own| if own { Strength::Own } else { Strength::Shared };
    let is_sender = |check: &dyn Fn(&PersonId) -> bool| facts.sender.is_some_and(|s| check(&s.id));
    let tokens = clues.tokens.iter().filter_map(|token| {
        let ticket = ticket(token.ticket)?;
        let gave = |person: &PersonId| facts.key.gave_address(token, person);
        let holder = is_sender(&gave);
        // Whoever has the secret of nobody made it up.
        let real = holder || people(ticket).any(gave);
        real.then_some(Lead {
            ticket,
            strength: strength(holder),
            evidence: Evidence::AddressToken {
                ticket: ticket.id,
                holder,
            },
        })
    });
    let signed = clues.signed.iter().filter_map(|id| {
        let ticket = ticket(id.ticket)?;
        let holder = is_sender(&|person| facts.key.sent_to(id, person));
        Some(Lead {
            ticket,
            strength: strength(holder),
            evidence: Evidence::SignedId {
                ticket: ticket.id,
                holder,
            },
        })
    });
    tokens.chain(signed).chain(weak(clues, facts)).collect()
}

fn weak<'a>(clues: &Clues, facts: &Facts<'a>) -> impl Iterator<Item = Lead<'a>> {
    let known = clues.known.iter().filter_map(|id| {
        let ticket = facts.tickets.ticket(&Reference::Mail(id.clone()))?;
        Some(Lead {
            ticket,
            strength: Strength::Shared,
            evidence: Evidence::KnownId {
                ticket: ticket.id,
                id: id.clone(),
            },
        })
    });
    let numbers = clues.numbers.iter().filter_map(|number| {
        let ticket = facts.tickets.ticket(&Reference::Number(*number))?;
        Some(Lead {
            ticket,
            strength: Strength::Guessable,
            evidence: Evidence::SubjectNumber { ticket: ticket.id },
        })
    });
    known.chain(numbers)
}

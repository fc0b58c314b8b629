//! From commands to a plan: decide, apply, react, announce.

use super::{Context, Decided, FreshIds, apply, begin, decide, open};
use crate::authority::Actor;
use crate::command::{Command, Open};
use crate::notice::{Announcement, announce};
use crate::plan::Plan;
use crate::react::{self, Chain, Trace};
use crate::refusal::Refusal;
use crate::ticket::{
    ActorRef, Cause, Event, EventRecord, InternalNote, Posting, PublicMessage, Ticket,
};
use crate::value::{CallId, PersonId, TicketId, TicketNumber, Version};
use crate::webhook::{Told, calls};

/// Plans the opening of a ticket.
///
/// # Errors
/// The refusal, if it is not allowed or makes no sense.
pub fn plan_open(
    command: &Open,
    number: TicketNumber,
    context: &Context<'_>,
) -> Result<Plan, Refusal> {
    let mut fresh = context.fresh;
    let id = TicketId::new(fresh.draw());
    let step = Context {
        fresh: FreshIds::new(fresh.draw()),
        ..context.clone()
    };
    let begun = open::open(command, id, number, &step)?;
    let ticket = begin(id, context.now, &begun.opening);
    let mut draft = Draft::new(ticket, Version::FIRST, fresh);
    let on_behalf_of = context
        .actor
        .id()
        .filter(|actor| **actor != begun.opening.requester)
        .map(|_| begun.opening.requester.clone());
    let actor = acting(context.actor, on_behalf_of);
    draft.record(Event::Opened(Box::new(begun.opening)), actor, context);
    draft.messages.push(begun.message);
    draft.react(context);
    Ok(draft.finish(None, command.automatic, context))
}

/// Plans commands on a ticket, one after the other, as one commit; `None` when nothing changes.
///
/// # Errors
/// The first refusal; then nothing happens at all.
pub fn plan(
    ticket: &Ticket,
    commands: &[Command],
    context: &Context<'_>,
) -> Result<Option<Plan>, Refusal> {
    let mut draft = Draft::new(ticket.clone(), ticket.version.next(), context.fresh);
    for command in commands {
        draft.perform(command, context)?;
    }
    if draft.records.is_empty() {
        return Ok(None);
    }
    draft.react(context);
    let automatic = commands.iter().any(|command| match command {
        Command::Reply(reply) => reply.automatic,
        _ => false,
    });
    Ok(Some(draft.finish(Some(ticket), automatic, context)))
}

fn acting(actor: &Actor, behalf: Option<PersonId>) -> ActorRef {
    match (actor.reference(), behalf) {
        (ActorRef::Person { id, .. }, on_behalf_of) => ActorRef::Person { id, on_behalf_of },
        (reference @ (ActorRef::Rule { .. } | ActorRef::System), _) => reference,
    }
}

/// A plan in the making.
struct Draft {
    ticket: Ticket,
    version: Version,
    fresh: FreshIds,
    records: Vec<EventRecord>,
    messages: Vec<PublicMessage>,
    notes: Vec<InternalNote>,
    redactions: Vec<Posting>,
    trace: Vec<Trace>,
    /// One for each active webhook.
    call_ids: Vec<CallId>,
}

impl Draft {
    const fn new(ticket: Ticket, version: Version, fresh: FreshIds) -> Self {
        Self {
            ticket,
            version,
            fresh,
            records: Vec::new(),
            messages: Vec::new(),
            notes: Vec::new(),
            redactions: Vec::new(),
            trace: Vec::new(),
            call_ids: Vec::new(),
        }
    }

    fn perform(&mut self, command: &Command, context: &Context<'_>) -> Result<bool, Refusal> {
        let step = Context {
            fresh: FreshIds::new(self.fresh.draw()),
            ..context.clone()
        };
        let Decided {
            events,
            message,
            note,
            redaction,
        } = decide(&self.ticket, command, &step)?;
        let changed = !events.is_empty();
        for event in events {
            self.record(event, context.actor.reference(), context);
        }
        self.messages.extend(message);
        self.notes.extend(note);
        self.redactions.extend(redaction);
        Ok(changed)
    }

    fn record(&mut self, event: Event, actor: ActorRef, context: &Context<'_>) {
        let record = EventRecord {
            ticket: self.ticket.id,
            version: self.version,
            index: u16::try_from(self.records.len()).unwrap_or(u16::MAX),
            at: context.now,
            actor,
            cause: context.cause.clone(),
            event,
        };
        if let Some(after) = apply(Some(self.ticket.clone()), &record) {
            self.ticket = after;
        }
        self.records.push(record);
    }

    /// Lets rules react until none has anything to add.
    ///
    /// A rule whose command is refused leaves the chain alone: no rule can stop what somebody
    /// did. The trace says so.
    fn react(&mut self, context: &Context<'_>) {
        // Drawn before rules and notices draw theirs: whoever knows the identities of a message
        // and of a call must not learn from their distance how much went on behind the scenes.
        let webhooks = context.settings.active_webhooks();
        self.call_ids = webhooks.map(|_| CallId::new(self.fresh.draw())).collect();
        let rules = &context.settings.settings().rules;
        let mut chain = Chain::default();
        while let Some(rule) = chain.next(
            rules,
            &self.ticket,
            &self.records,
            &self.messages,
            &self.notes,
        ) {
            let actor = Actor::Rule(rule.key.clone());
            let step = Context {
                actor: &actor,
                cause: Cause::Rule,
                fresh: self.fresh,
                ..context.clone()
            };
            let mut changed = false;
            let mut refused = None;
            for action in &rule.then {
                let outcome = react::command(action, context.settings)
                    .map_err(Refusal::from)
                    .and_then(|command| self.perform(&command, &step));
                match outcome {
                    Ok(did) => changed |= did,
                    Err(refusal) => refused = refused.or(Some(refusal.to_string())),
                }
            }
            self.trace.push(Trace {
                rule: rule.key.clone(),
                changed,
                refused,
            });
        }
    }

    fn finish(mut self, before: Option<&Ticket>, automatic: bool, context: &Context<'_>) -> Plan {
        let notices = announce(&mut Announcement {
            before,
            ticket: &self.ticket,
            records: &self.records,
            messages: &self.messages,
            notes: &self.notes,
            automatic,
            context,
            fresh: &mut self.fresh,
        });
        let told = Told {
            before,
            ticket: &self.ticket,
            records: &self.records,
            now: context.now,
            settings: context.settings,
        };
        let calls = calls(&told, &self.call_ids);
        Plan {
            expected: before.map(|before| before.version),
            ticket: self.ticket,
            events: self.records,
            messages: self.messages,
            notes: self.notes,
            redactions: self.redactions,
            notices,
            calls,
            trace: self.trace,
        }
    }
}

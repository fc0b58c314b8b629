//! Who hears of what: the one place that decides it.

use std::collections::{BTreeMap, BTreeSet};

use super::template::Words;
use super::{Content, CustomerContent, Notice, NoticeKind, TeamContent};
use crate::authority::{Action, Actor, permit};
use crate::decide::{Context, FreshIds};
use crate::person::Person;
use crate::ticket::{
    ActorRef, Event, EventRecord, InternalNote, Posting, PublicMessage, Side, Ticket,
};
use crate::value::{MessageId, NoticeId, PersonId, one_line};
use crate::workflow::Category;

/// What happened, and who may have to be told.
#[derive(Debug)]
pub struct Announcement<'a> {
    /// The ticket before; none when it was opened.
    pub before: Option<&'a Ticket>,
    /// The ticket afterwards.
    pub ticket: &'a Ticket,
    /// What happened.
    pub records: &'a [EventRecord],
    /// The public messages that were written.
    pub messages: &'a [PublicMessage],
    /// The notes that were written.
    pub notes: &'a [InternalNote],
    /// Whether a machine wrote them, so that nothing answers it.
    pub automatic: bool,
    /// Who acted, when, under which settings.
    pub context: &'a Context<'a>,
    /// Where identities come from.
    pub fresh: &'a mut FreshIds,
}

/// Decides who is told what.
///
/// Each person is told once for a commit, of what concerns them most; nobody is told of what they
/// did themselves. On the customers' side people are told of public messages and of the end;
/// what the team is told goes only to people who see the ticket as a member of the team.
pub fn announce(announcement: &mut Announcement<'_>) -> Vec<Notice> {
    let mut told = told(announcement);
    told.sort_by_key(|(person, telling)| (person.clone(), telling.kind.weight()));
    let mut notices: Vec<Notice> = Vec::new();
    for (person, telling) in told {
        if notices.last().is_none_or(|notice| notice.person != person) {
            notices.extend(notice(&person, &telling, announcement));
        }
    }
    notices
}

/// One thing to tell, before it is known whether the person may hear it.
#[derive(Debug, Clone, Copy)]
struct Telling<'a> {
    kind: NoticeKind,
    posting: Option<Posting>,
    by: &'a ActorRef,
}

fn told<'a>(announcement: &Announcement<'a>) -> Vec<(PersonId, Telling<'a>)> {
    let mut told = Vec::new();
    for record in announcement.records {
        let mut tell = |people: BTreeSet<PersonId>, kind: NoticeKind, posting: Option<Posting>| {
            let telling = Telling {
                kind,
                posting,
                by: &record.actor,
            };
            told.extend(people.into_iter().map(|person| (person, telling)));
        };
        let ticket = announcement.ticket;
        let participants: BTreeSet<PersonId> = ticket
            .cc
            .iter()
            .chain([&ticket.requester])
            .cloned()
            .collect();
        match &record.event {
            Event::Opened(opening) => {
                let message = Some(Posting::Message(opening.message));
                let requester = BTreeSet::from([opening.requester.clone()]);
                match opening.side {
                    Side::Team => tell(requester, NoticeKind::OpenedForYou, message),
                    Side::Customer if announcement.automatic => {}
                    Side::Customer => tell(requester, NoticeKind::Received, None),
                }
                if !announcement.automatic {
                    tell(opening.cc.clone(), NoticeKind::Replied, message);
                }
                tell(members(announcement), NoticeKind::NewTicket, message);
            }
            Event::Replied { message, side, .. } => {
                let message = Some(Posting::Message(*message));
                if !announcement.automatic {
                    tell(participants, NoticeKind::Replied, message);
                }
                let team = match side {
                    Side::Customer => responsible(announcement),
                    Side::Team => watching(ticket),
                };
                tell(team, NoticeKind::TeamReplied, message);
            }
            Event::Noted { note } => {
                let note = announcement
                    .notes
                    .iter()
                    .find(|written| written.id == *note);
                let mentions = note
                    .into_iter()
                    .flat_map(|note| note.mentions.iter().cloned());
                let posting = note.map(|note| Posting::Note(note.id));
                tell(mentions.collect(), NoticeKind::Mentioned, posting);
                tell(watching(ticket), NoticeKind::Noted, posting);
            }
            // A rule may have undone it in the same commit.
            Event::Assigned { to, .. } if ticket.assignee.as_ref() == Some(to) => {
                tell(
                    BTreeSet::from([to.clone()]),
                    NoticeKind::AssignedToYou,
                    None,
                );
            }
            Event::StatusChanged {
                category: Category::Solved,
                ..
            } if is_newly_solved(announcement) => {
                tell(
                    BTreeSet::from([ticket.requester.clone()]),
                    NoticeKind::Solved,
                    None,
                );
            }
            Event::DeliveryFailed { note, .. } => {
                let note = Some(Posting::Note(*note));
                tell(responsible(announcement), NoticeKind::DeliveryFailed, note);
            }
            Event::StatusChanged { .. }
            | Event::Assigned { .. }
            | Event::Unassigned { .. }
            | Event::PriorityChanged { .. }
            | Event::Moved { .. }
            | Event::Retitled { .. }
            | Event::RequesterChanged { .. }
            | Event::Tagged { .. }
            | Event::Untagged { .. }
            | Event::FieldChanged { .. }
            | Event::FollowerAdded { .. }
            | Event::FollowerRemoved { .. }
            | Event::CcAdded { .. }
            | Event::CcRemoved { .. }
            | Event::Snoozed { .. }
            | Event::Woke
            | Event::DueChanged { .. }
            | Event::Redacted { .. }
            | Event::Linked { .. }
            | Event::Unlinked { .. }
            | Event::AboutAdded { .. }
            | Event::AboutRemoved { .. }
            | Event::ActionTaken { .. } => {}
        }
    }
    told
}

fn members(announcement: &Announcement<'_>) -> BTreeSet<PersonId> {
    let members = announcement
        .context
        .facts
        .members
        .get(&announcement.ticket.queue);
    members
        .into_iter()
        .flatten()
        .map(|person| person.id.clone())
        .collect()
}

/// Whether the commit as a whole solved the ticket; a step from one solved status to another is
/// nothing new.
fn is_newly_solved(announcement: &Announcement<'_>) -> bool {
    let was = announcement.before.map(|before| before.category);
    announcement.ticket.category == Category::Solved && was != Some(Category::Solved)
}

/// Assignee and followers.
fn watching(ticket: &Ticket) -> BTreeSet<PersonId> {
    ticket
        .followers
        .iter()
        .chain(&ticket.assignee)
        .cloned()
        .collect()
}

/// Those who watch; and while nobody is responsible who works there, all members of the queue.
fn responsible(announcement: &Announcement<'_>) -> BTreeSet<PersonId> {
    let ticket = announcement.ticket;
    let mut people = watching(ticket);
    let assignee = ticket.assignee.as_ref();
    let assignee = assignee.and_then(|assignee| find(assignee, announcement));
    if !assignee.is_some_and(|assignee| assignee.works_on(&ticket.queue)) {
        people.extend(members(announcement));
    }
    people
}

fn notice(
    id: &PersonId,
    telling: &Telling<'_>,
    announcement: &mut Announcement<'_>,
) -> Option<Notice> {
    let context = announcement.context;
    let ticket = announcement.ticket;
    let settings = context.settings.settings();
    let did_it = matches!(telling.by, ActorRef::Person { id: by, .. } if by == id);
    if did_it && telling.kind != NoticeKind::Received {
        return None;
    }
    if settings.notices.silent.contains(&telling.kind) {
        return None;
    }
    let person = find(id, announcement).filter(|person| person.active)?;
    let content = content(person, telling, announcement)?;
    let mut to = person.mailbox()?;
    if telling.kind == NoticeKind::Received {
        // Nobody has proven to be the requester yet: the name is as chosen as the rest.
        to.name = None;
    }
    let queue = context.settings.queue(&ticket.queue)?;
    if context.settings.queue_at(&to.address).is_some() {
        return None;
    }
    let wording = settings.notices.wording.get(&telling.kind).cloned();
    let wording = wording.unwrap_or_else(|| telling.kind.default_wording());
    let words = Words::of(&wording, &values(telling, announcement, &queue.name));
    Some(Notice {
        id: NoticeId::new(announcement.fresh.draw()),
        ticket: ticket.id,
        number: ticket.number,
        version: ticket.version,
        kind: telling.kind,
        person: id.clone(),
        to,
        from: crate::value::Mailbox::new(Some(&queue.name), queue.address.clone()),
        queue: queue.key.clone(),
        automatic: telling.kind.is_automatic(),
        created_at: context.now,
        subject: words.subject,
        intro: words.intro,
        outro: words.outro,
        content,
        references: ticket
            .recent
            .iter()
            .filter_map(|message| message.mail.clone())
            .collect(),
    })
}

fn find<'a>(id: &PersonId, announcement: &Announcement<'a>) -> Option<&'a Person> {
    let facts = announcement.context.facts;
    let member = || {
        facts
            .members
            .get(&announcement.ticket.queue)?
            .iter()
            .find(|one| one.id == *id)
    };
    facts.people.get(id).or_else(member)
}

/// Whether a person may hear of this kind of thing: the team of what they see as such, customers
/// of that in which they take part.
pub(crate) fn may_hear(person: &Person, kind: NoticeKind, ticket: &Ticket) -> bool {
    if !kind.is_for_team() {
        return person.active && ticket.has_participant(&person.id);
    }
    let actor = Actor::person(person, None);
    actor.is_some_and(|actor| permit(&actor, Action::ViewAll, ticket).is_ok())
}

/// What the person is shown: `None` when they may not hear of it at all.
fn content(
    person: &Person,
    telling: &Telling<'_>,
    announcement: &Announcement<'_>,
) -> Option<Content> {
    let ticket = announcement.ticket;
    let (message, is_note) = match telling.posting {
        Some(Posting::Message(message)) => (Some(message), false),
        Some(Posting::Note(_)) => (None, true),
        None => (None, false),
    };
    if !may_hear(person, telling.kind, ticket) {
        return None;
    }
    if telling.kind.is_for_team() {
        let quoted = quoted(message, announcement);
        return Some(Content::Team(TeamContent {
            posting: telling.posting,
            quoted,
        }));
    }
    if is_note {
        return None;
    }
    // Whoever writes in another's name must not reach them with words of their own choice.
    let quoted = if telling.kind == NoticeKind::Received {
        Vec::new()
    } else {
        quoted(message, announcement)
    };
    Some(Content::Customer(CustomerContent { message, quoted }))
}

/// Earlier public messages, the newest first.
fn quoted(new: Option<MessageId>, announcement: &Announcement<'_>) -> Vec<MessageId> {
    let limit = announcement
        .context
        .settings
        .settings()
        .notices
        .quoted_messages;
    let earlier = announcement
        .ticket
        .recent
        .iter()
        .rev()
        .map(|message| message.id);
    earlier
        .filter(|id| Some(*id) != new)
        .take(usize::from(limit))
        .collect()
}

fn values(
    telling: &Telling<'_>,
    announcement: &Announcement<'_>,
    queue: &str,
) -> BTreeMap<&'static str, String> {
    let ticket = announcement.ticket;
    let context = announcement.context;
    let settings = context.settings.settings();
    let name = |id: &PersonId| find(id, announcement).map_or_else(String::new, shown_name);
    let author = match telling.by {
        ActorRef::Person { id, .. } => name(id),
        ActorRef::Rule { .. } | ActorRef::System => settings.name.clone(),
    };
    let workflow = context.settings.workflow_of(&ticket.queue);
    let status = workflow.and_then(|workflow| workflow.status(&ticket.status));
    let status = status.map_or("", |status| {
        if telling.kind.is_for_team() {
            &status.name
        } else {
            status.name_for_customers()
        }
    });
    BTreeMap::from([
        ("number", ticket.number.to_string()),
        ("subject", ticket.subject.to_string()),
        ("requester", name(&ticket.requester)),
        ("author", author),
        ("queue", queue.to_owned()),
        ("desk", settings.name.clone()),
        ("status", status.to_owned()),
    ])
}

/// The name of a person, or the part of the address before the `@`.
fn shown_name(person: &Person) -> String {
    // A host's directory may hold anything.
    let name = one_line(&person.name);
    if !name.is_empty() {
        return name;
    }
    person
        .addresses
        .first()
        .map_or_else(String::new, |address| address.local().to_owned())
}

//! Checking on a live store what must stay true.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Desk, DeskError};
use crate::decide::apply;
use crate::notice::Content;
use crate::port::Reference;
use crate::ticket::{Attachment, Event, EventRecord, Posting, Side, Thread, Ticket};
use crate::value::TicketId;
use crate::webhook::{Call, is_for_customers};

/// How many tickets are looked at in one step.
const BATCH: u16 = 100;

/// What a check of a store found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// How many of each thing were checked: `tickets`, `events`, `messages`, `notes`, `notices`,
    /// `calls`, `mails` and `files`.
    pub checked: BTreeMap<String, u64>,
    /// What is wrong; nothing, in a sound store.
    pub findings: Vec<Finding>,
}

/// Something that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which rule is broken: `replay`, `versions`, `atomicity`, `privacy`, `delivery`, `intake` or
    /// `stray`.
    pub rule: String,
    /// On what.
    pub on: String,
    /// What is wrong.
    pub detail: String,
}

impl Report {
    fn count(&mut self, what: &str, number: usize) {
        *self.checked.entry(what.to_owned()).or_default() += number as u64;
    }

    fn find(&mut self, rule: &str, on: impl Into<String>, detail: impl Into<String>) {
        self.findings.push(Finding {
            rule: rule.to_owned(),
            on: on.into(),
            detail: detail.into(),
        });
    }
}

impl Desk {
    /// Checks everything that is stored for the tenant.
    ///
    /// Safe while the desk works: a ticket that changes meanwhile is looked at again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn verify(&self) -> Result<Report, DeskError> {
        let mut report = Report::default();
        let mut after = None;
        loop {
            let ids = self.ports.store.tickets_after(after, BATCH).await?;
            for id in &ids {
                self.verify_ticket(*id, &mut report).await?;
            }
            match ids.last() {
                Some(last) => after = Some(*last),
                None => break,
            }
        }
        for stray in self.ports.store.strays().await? {
            report.find(
                "stray",
                format!("{} {}", stray.kind, stray.id),
                stray.detail,
            );
        }
        Ok(report)
    }

    async fn verify_ticket(&self, id: TicketId, report: &mut Report) -> Result<(), DeskError> {
        // What was read is of one version only if the ticket has the same one afterwards.
        for _ in 0..5 {
            let before = self.stored(id).await?;
            let history = self.ports.store.history(id, None).await?;
            let thread = self.ports.store.thread(id).await?;
            let notices = self.ports.store.notices(id).await?;
            let calls = self.ports.store.calls(id).await?;
            if before != self.stored(id).await? {
                continue;
            }
            let Some(ticket) = before else { return Ok(()) };
            report.count("tickets", 1);
            report.count("events", history.len());
            report.count("messages", thread.messages.len());
            report.count("notes", thread.notes.len());
            report.count("notices", notices.len());
            report.count("calls", calls.len());
            check_replay(&ticket, &history, report);
            check_versions(&ticket, &history, report);
            check_postings(&ticket, &history, &thread, report);
            for status in &notices {
                check_notice(&ticket, &status.notice, &history, &thread, report);
            }
            for status in &calls {
                check_call(&status.call, &history, report);
            }
            self.check_mails(&thread, report).await?;
            self.verify_files(&thread, report).await?;
            return Ok(());
        }
        report.count("tickets that changed too often to be checked", 1);
        Ok(())
    }

    async fn stored(&self, id: TicketId) -> Result<Option<Ticket>, DeskError> {
        let found = self.ports.store.load(&[Reference::Id(id)]).await?;
        Ok(found.into_iter().next().flatten())
    }

    /// Each file that came with a message is in the blob store, with its size.
    async fn verify_files(&self, thread: &Thread, report: &mut Report) -> Result<(), DeskError> {
        let messages = thread.messages.iter().flat_map(|one| &one.attachments);
        let notes = thread.notes.iter().flat_map(|one| &one.attachments);
        let files: Vec<&Attachment> = messages.chain(notes).collect();
        for file in files {
            report.count("files", 1);
            if self.ports.store.blob_size(&file.digest).await? != Some(file.size) {
                report.find("atomicity", file.digest.to_string(), "a file is gone");
            }
        }
        Ok(())
    }

    /// Each message that came by mail has its raw mail.
    async fn check_mails(&self, thread: &Thread, report: &mut Report) -> Result<(), DeskError> {
        let origins = thread
            .messages
            .iter()
            .filter_map(|message| message.mail.as_ref());
        let notes = thread.notes.iter().filter_map(|note| note.mail.as_ref());
        for origin in origins.chain(notes) {
            report.count("mails", 1);
            if self.ports.store.mail_status(origin.spool).await?.is_none() {
                report.find("intake", origin.spool.to_string(), "its raw mail is gone");
            }
        }
        Ok(())
    }
}

fn check_replay(ticket: &Ticket, history: &[EventRecord], report: &mut Report) {
    let replayed = history.iter().fold(None, apply);
    if replayed.as_ref() != Some(ticket) {
        report.find(
            "replay",
            ticket.id.to_string(),
            "its events don't give the stored ticket",
        );
    }
}

fn check_versions(ticket: &Ticket, history: &[EventRecord], report: &mut Report) {
    let versions: BTreeSet<u64> = history.iter().map(|record| record.version.get()).collect();
    if !versions.iter().copied().eq(1..=ticket.version.get()) {
        report.find(
            "versions",
            ticket.id.to_string(),
            "its versions don't grow by one",
        );
    }
    let commits = history.chunk_by(|one, next| one.version == next.version);
    let whole = |commit: &[EventRecord]| (0..).zip(commit).all(|(at, one)| one.index == at);
    if !commits.into_iter().all(whole) {
        report.find(
            "atomicity",
            ticket.id.to_string(),
            "events of a commit are missing",
        );
    }
}

/// Each message has its event and each event its message.
fn check_postings(ticket: &Ticket, history: &[EventRecord], thread: &Thread, report: &mut Report) {
    let told: Vec<Posting> = history
        .iter()
        .filter_map(|record| posting(&record.event))
        .collect();
    let messages = thread
        .messages
        .iter()
        .map(|message| Posting::Message(message.id));
    let stored: Vec<Posting> = messages
        .chain(thread.notes.iter().map(|note| Posting::Note(note.id)))
        .collect();
    let told_once: BTreeSet<Posting> = told.iter().copied().collect();
    let stored_once: BTreeSet<Posting> = stored.iter().copied().collect();
    if told_once != stored_once || told.len() != stored.len() {
        report.find(
            "atomicity",
            ticket.id.to_string(),
            "its messages and its history don't agree",
        );
    }
}

const fn posting(event: &Event) -> Option<Posting> {
    match event {
        Event::Opened(opening) => Some(Posting::Message(opening.message)),
        Event::Replied { message, .. } => Some(Posting::Message(*message)),
        Event::Noted { note } | Event::DeliveryFailed { note, .. } => Some(Posting::Note(*note)),
        _ => None,
    }
}

/// A notice belongs to a commit, shows what is there, and shows customers no note.
fn check_notice(
    ticket: &Ticket,
    notice: &crate::notice::Notice,
    history: &[EventRecord],
    thread: &Thread,
    report: &mut Report,
) {
    if !history
        .iter()
        .any(|record| record.version == notice.version)
    {
        report.find(
            "atomicity",
            notice.id.to_string(),
            "no event has the version of this notice",
        );
    }
    let (posting, quoted) = match &notice.content {
        Content::Customer(content) => (content.message.map(Posting::Message), &content.quoted),
        Content::Team(content) => (content.posting, &content.quoted),
    };
    let is_there = |posting: &Posting| match posting {
        Posting::Message(id) => thread.messages.iter().any(|message| message.id == *id),
        Posting::Note(id) => thread.notes.iter().any(|note| note.id == *id),
    };
    let quoted = quoted.iter().map(|id| Posting::Message(*id));
    if !posting
        .into_iter()
        .chain(quoted)
        .all(|posting| is_there(&posting))
    {
        report.find(
            "delivery",
            notice.id.to_string(),
            "it shows a message that is not there",
        );
    }
    let for_customer = matches!(notice.content, Content::Customer(_));
    if for_customer == notice.kind.is_for_team() {
        let detail = format!(
            "of ticket {}: its content is not for who reads it",
            ticket.number
        );
        report.find("privacy", notice.id.to_string(), detail);
    }
}

/// A call belongs to a commit, and tells customers nothing but what they may know.
fn check_call(call: &Call, history: &[EventRecord], report: &mut Report) {
    let is_of = |record: &EventRecord| {
        let about = call.about;
        about.is_some_and(|about| about.version == record.version)
    };
    if !history.iter().any(is_of) {
        let detail = "no event has the version of this call";
        report.find("atomicity", call.id.to_string(), detail);
    }
    if call.side == Side::Customer && !is_for_customers(&call.body) {
        let detail = "it says more than customers may know";
        report.find("privacy", call.id.to_string(), detail);
    }
}

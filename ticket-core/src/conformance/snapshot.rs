//! Everything that a store answers, to compare two of them or one at two times.

use std::fmt::{Debug, Display};

use crate::mail::MailMessageId;
use crate::plan::IdempotencyKey;
use crate::port::{Reference, Store};
use crate::ticket::Digest;
use crate::value::{PersonId, SpoolId, TicketId, Timestamp, WebhookKey};

/// What to ask for besides what the store lists by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    pub(super) tickets: Vec<TicketId>,
    pub(super) mail_ids: Vec<MailMessageId>,
    pub(super) keys: Vec<IdempotencyKey>,
    pub(super) mails: Vec<SpoolId>,
    pub(super) blobs: Vec<Digest>,
    pub(super) people: Vec<PersonId>,
    pub(super) webhooks: Vec<WebhookKey>,
    pub(super) sealed: Vec<String>,
    pub(super) now: Option<Timestamp>,
}

/// What a store answers: each question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Snapshot(Vec<(String, String)>);

impl Snapshot {
    /// Asks a store for everything.
    pub(super) async fn of(store: &dyn Store, asked: &Asked) -> Self {
        let mut told = Self(Vec::new());
        told.ask("ids", store.tickets_after(None, 1000).await);
        told.ask("settings", store.settings().await);
        told.ask("generation", store.settings_generation().await);
        told.ask("quarantine", store.quarantined_mail(None, 1000).await);
        told.ask("strays", store.strays().await);
        for id in &asked.tickets {
            told.ask_for_ticket(store, *id).await;
        }
        for id in &asked.mail_ids {
            let by_mail = [Reference::Mail(id.clone())];
            told.ask(format!("by mail {id}"), store.load(&by_mail).await);
        }
        for key in &asked.keys {
            told.ask(format!("key {}", key.key), store.receipt(key).await);
        }
        for id in &asked.mails {
            told.ask(format!("mail {id}"), store.mail(*id).await);
            told.ask(format!("status of mail {id}"), store.mail_status(*id).await);
        }
        for digest in &asked.blobs {
            told.ask(format!("size of {digest}"), store.blob_size(digest).await);
            told.ask(
                format!("blob {digest}"),
                store.read_blob(digest, 0, 1000).await,
            );
        }
        for webhook in &asked.webhooks {
            let log = store.calls_to(webhook, None, 1000).await;
            told.ask(format!("log of {webhook}"), log);
        }
        let sealed = store.sealed(&asked.sealed).await.map(|mut sealed| {
            sealed.sort_by(|one, other| one.name.cmp(&other.name));
            sealed
        });
        told.ask("sealed", sealed);
        let now = asked.now.unwrap_or(Timestamp::MIN);
        for person in &asked.people {
            told.ask(
                format!("credentials of {person}"),
                store.credentials(person, now).await,
            );
        }
        told
    }

    /// Checks that both stores answer the same, and names the first question where they differ.
    #[track_caller]
    pub(super) fn is_same(&self, other: &Self) {
        assert_eq!(self.0.len(), other.0.len(), "equally many questions");
        for ((question, own), (_, other)) in self.0.iter().zip(&other.0) {
            assert_eq!(own, other, "they differ in: {question}");
        }
    }

    async fn ask_for_ticket(&mut self, store: &dyn Store, id: TicketId) {
        let mut references = vec![Reference::Id(id)];
        let found = store.load(&references).await.expect("read");
        let number = found.iter().flatten().map(|own| own.number);
        references.extend(number.map(Reference::Number));
        self.ask(format!("ticket {id}"), store.load(&references).await);
        self.ask(format!("thread of {id}"), store.thread(id).await);
        self.ask(format!("history of {id}"), store.history(id, None).await);
        self.ask(format!("notices of {id}"), store.notices(id).await);
        self.ask(format!("calls of {id}"), store.calls(id).await);
        let linking = store.linking_to(id).await.map(|mut linking| {
            let by_number: Vec<TicketId> = linking.iter().map(|(from, _)| *from).collect();
            linking.sort();
            (by_number, linking)
        });
        self.ask(format!("links to {id}"), linking);
    }

    fn ask<T: Debug, E: Debug>(&mut self, question: impl Display, answer: Result<T, E>) {
        let answer = answer.expect("answered");
        self.0.push((question.to_string(), format!("{answer:?}")));
    }
}

//! Settings to start with.

use std::collections::{BTreeMap, BTreeSet};

use super::{GuestPolicy, MailSettings, NoticeSettings, Queue, Settings};
use crate::value::{StatusKey, WorkflowKey};
use crate::workflow::{Category, OnReply, Status, Timed, Transition, TransitionRight, Workflow};

/// One day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Days after which a solved ticket closes by itself.
const DAYS_TO_CLOSE: u64 = 4;

/// One queue `support` with the [default workflow](Workflow::standard).
impl Default for Settings {
    fn default() -> Self {
        let queue = "support".parse().ok().zip("support@localhost".parse().ok());
        let workflow = Workflow::standard();
        let queues = queue
            .into_iter()
            .map(|(key, address)| Queue {
                key,
                name: "Support".to_owned(),
                address,
                workflow: workflow.key.clone(),
            })
            .collect();
        Self {
            name: "Support".to_owned(),
            queues,
            workflows: vec![workflow],
            fields: Vec::new(),
            rules: Vec::new(),
            notices: NoticeSettings::default(),
            webhooks: Vec::new(),
            mail: MailSettings::default(),
            guests: GuestPolicy::default(),
        }
    }
}

/// Every kind of notice is sent in the default wording, with the last three messages quoted.
impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            silent: Vec::new(),
            wording: BTreeMap::new(),
            quoted_messages: 3,
        }
    }
}

/// Nobody's word is believed, and one address gets at most ten automatic mails in an hour.
impl Default for MailSettings {
    fn default() -> Self {
        Self {
            authserv_id: None,
            subject_number: super::SubjectNumber::default(),
            cap_count: 10,
            cap_seconds: 60 * 60,
        }
    }
}

impl Workflow {
    /// The workflow to start with.
    ///
    /// One status for each category, any step allowed to the team except back to new; a
    /// customer's reply opens a pending or solved ticket again, and after the ticket was closed
    /// it opens a new one; solved tickets close after four days.
    pub fn standard() -> Self {
        let [new, open, pending, on_hold, solved, closed] = Category::ALL.map(standard_key);
        let step = |to: &StatusKey, right| Transition {
            from: BTreeSet::new(),
            to: to.clone(),
            right,
            requires: BTreeSet::new(),
        };
        let reopen = || OnReply::Reopen { to: open.clone() };
        Self {
            key: standard_workflow_key(),
            statuses: Category::ALL.into_iter().map(standard_status).collect(),
            initial: new,
            transitions: vec![
                step(&open, TransitionRight::Agents),
                step(&pending, TransitionRight::Agents),
                step(&on_hold, TransitionRight::Agents),
                step(&solved, TransitionRight::Requester),
                step(&closed, TransitionRight::Agents),
            ],
            on_customer_reply: BTreeMap::from([
                (Category::Pending, reopen()),
                (Category::OnHold, reopen()),
                (Category::Solved, reopen()),
                (
                    Category::Closed,
                    OnReply::FollowUp {
                        after_seconds: 0,
                        reopen_to: open.clone(),
                    },
                ),
            ]),
            on_agent_reply: BTreeMap::from([(Category::New, open.clone())]),
            on_wake: Some(open.clone()),
            timed: vec![Timed {
                from: solved,
                after_seconds: DAYS_TO_CLOSE * DAY,
                to: closed,
            }],
            counterparts: BTreeMap::new(),
        }
    }
}

fn standard_status(category: Category) -> Status {
    Status {
        key: standard_key(category),
        name: category.name().to_owned(),
        public_name: None,
        category,
    }
}

#[expect(
    clippy::expect_used,
    reason = "the words of categories are keys; a test reads them all"
)]
fn standard_key(category: Category) -> StatusKey {
    StatusKey::new(category.as_str()).expect("a key")
}

#[expect(
    clippy::expect_used,
    reason = "the literal is a key; a test builds the workflow"
)]
fn standard_workflow_key() -> WorkflowKey {
    WorkflowKey::new("standard").expect("a key")
}

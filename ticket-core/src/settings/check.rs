//! Checking settings when they are loaded.

use std::collections::BTreeSet;

use super::{Settings, rules};
use crate::notice::Template;
use crate::ticket::{EventKind, Side};
use crate::value::{Invalid, LABEL_RULE, is_label, listed, one_line};
use crate::workflow::unreachable;

/// Most queues, workflows, fields or rules.
const PARTS_MAX: usize = 1_000;
/// Most webhooks: each may be called for each commit.
const WEBHOOKS_MAX: usize = 50;
/// Most earlier messages that a notice quotes.
const QUOTED_MAX: u8 = 20;
/// Most automatic mails to one address.
const CAP_COUNT_MAX: u32 = 10_000;
/// Longest time in which they are counted: 30 days, in seconds.
const CAP_SECONDS_MAX: u64 = 30 * 24 * 60 * 60;
/// Longest subject line of a wording, in characters.
const WORDING_SUBJECT_MAX: usize = 255;
/// Longest words before or after a message, in characters.
const WORDING_MAX: usize = 10_000;

/// What is wrong in the settings, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {detail}")]
pub struct SettingsProblem {
    /// The place, such as `queues[0].workflow`.
    pub place: String,
    /// What was found there and what is allowed.
    pub detail: String,
}

/// Settings that hold together; the only ones that the desk works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedSettings(Settings);

impl Settings {
    /// Checks that the settings hold together.
    ///
    /// # Errors
    /// All problems that were found, each with its place.
    pub fn check(self) -> Result<CheckedSettings, Vec<SettingsProblem>> {
        let mut problems = Problems::default();
        if few(&self, &mut problems) {
            general(&self, &mut problems);
            queues(&self, &mut problems);
            workflows(&self, &mut problems);
            fields(&self, &mut problems);
            rules::check(&self, &mut problems);
            wordings(&self, &mut problems);
            webhooks(&self, &mut problems);
        }
        if problems.0.is_empty() {
            Ok(CheckedSettings(self))
        } else {
            Err(problems.0)
        }
    }
}

impl CheckedSettings {
    /// The settings as written.
    pub const fn settings(&self) -> &Settings {
        &self.0
    }
}

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<SettingsProblem>);

impl Problems {
    pub(super) fn refuse(&mut self, place: impl Into<String>, found: &str, allowed: &str) {
        let wrong = Invalid::new(place, found, allowed);
        self.0.push(SettingsProblem {
            detail: format!("{:?} is not allowed; {}", wrong.found, wrong.allowed),
            place: wrong.field,
        });
    }

    /// Refuses the second and later of equal values.
    fn unique<T: Ord + ToString>(&mut self, values: impl Iterator<Item = (String, T)>) {
        let mut seen = BTreeSet::new();
        for (place, value) in values {
            let text = value.to_string();
            if !seen.insert(value) {
                self.refuse(place, &text, "each is allowed once");
            }
        }
    }

    fn label(&mut self, place: String, name: &str) {
        if !is_label(name) {
            self.refuse(place, name, LABEL_RULE);
        }
    }
}

/// Looking closer at too many parts would take too long.
fn few(settings: &Settings, problems: &mut Problems) -> bool {
    let parts = [
        ("queues", settings.queues.len()),
        ("workflows", settings.workflows.len()),
        ("fields", settings.fields.len()),
        ("rules", settings.rules.len()),
    ];
    for (place, count) in parts.iter().filter(|(_, count)| *count > PARTS_MAX) {
        problems.refuse(*place, &format!("{count} entries"), "at most 1,000 are");
    }
    parts.iter().all(|(_, count)| *count <= PARTS_MAX)
}

fn general(settings: &Settings, problems: &mut Problems) {
    problems.label("name".to_owned(), &settings.name);
    let quoted = settings.notices.quoted_messages;
    if quoted > QUOTED_MAX {
        let place = "notices.quoted_messages";
        problems.refuse(place, &quoted.to_string(), "0 to 20 are");
    }
    let mail = &settings.mail;
    if let Some(host) = &mail.authserv_id
        && (host.is_empty() || host.len() > 253 || !host.chars().all(|c| c.is_ascii_graphic()))
    {
        let allowed = "the name of a host, such as mx.example.org, is";
        problems.refuse("mail.authserv_id", host, allowed);
    }
    if !(1..=CAP_COUNT_MAX).contains(&mail.cap_count) {
        let found = mail.cap_count.to_string();
        problems.refuse("mail.cap_count", &found, "1 to 10,000 are");
    }
    if !(1..=CAP_SECONDS_MAX).contains(&mail.cap_seconds) {
        let found = mail.cap_seconds.to_string();
        let allowed = "1 second to 30 days (2,592,000) are";
        problems.refuse("mail.cap_seconds", &found, allowed);
    }
}

fn queues(settings: &Settings, problems: &mut Problems) {
    let queues = || settings.queues.iter().enumerate();
    if settings.queues.is_empty() {
        problems.refuse("queues", "", "at least one queue is needed");
    }
    problems.unique(queues().map(|(at, queue)| (format!("queues[{at}].key"), &queue.key)));
    problems.unique(queues().map(|(at, queue)| (format!("queues[{at}].address"), &queue.address)));
    for (at, queue) in queues() {
        problems.label(format!("queues[{at}].name"), &queue.name);
        let keys = || settings.workflows.iter().map(|workflow| &workflow.key);
        if !keys().any(|key| *key == queue.workflow) {
            let place = format!("queues[{at}].workflow");
            let allowed = format!("a workflow of the desk is: {}", listed(keys()));
            problems.refuse(place, queue.workflow.as_str(), &allowed);
        }
    }
}

fn workflows(settings: &Settings, problems: &mut Problems) {
    let all = &settings.workflows;
    let keyed = all.iter().enumerate();
    problems.unique(keyed.map(|(at, workflow)| (format!("workflows[{at}].key"), &workflow.key)));
    let before = problems.0.len();
    for (at, workflow) in all.iter().enumerate() {
        let found = workflow.problems(&settings.fields, all);
        problems
            .0
            .extend(found.into_iter().map(|wrong| SettingsProblem {
                place: format!("workflows[{at}].{}", wrong.place),
                detail: wrong.detail,
            }));
    }
    // With wrong keys the ways between statuses are unknown, and more reports would mislead.
    if problems.0.len() > before {
        return;
    }
    for (at, index) in unreachable(all) {
        let place = format!("workflows[{at}].statuses[{index}]");
        let key = all[at].statuses[index].key.as_str();
        problems.refuse(place, key, "a status that some step leads to is");
    }
}

fn fields(settings: &Settings, problems: &mut Problems) {
    let fields = || settings.fields.iter().enumerate();
    problems.unique(fields().map(|(at, field)| (format!("fields[{at}].key"), &field.key)));
    for (at, field) in fields() {
        problems.label(format!("fields[{at}].name"), &field.name);
        for wrong in field.problems() {
            let place = format!("fields[{at}].{}", wrong.field);
            problems.refuse(place, &wrong.found, &wrong.allowed);
        }
    }
}

fn wordings(settings: &Settings, problems: &mut Problems) {
    for (kind, wording) in &settings.notices.wording {
        let place = |part: &str| format!("notices.wording.{}.{part}", word(kind));
        let subject = &wording.subject;
        let length = subject.chars().count();
        if subject.is_empty() || length > WORDING_SUBJECT_MAX || one_line(subject) != *subject {
            let allowed = "one line of 1 to 255 characters is";
            problems.refuse(place("subject"), subject, allowed);
        }
        for (part, text) in [("intro", &wording.intro), ("outro", &wording.outro)] {
            if text.chars().count() > WORDING_MAX {
                problems.refuse(place(part), text, "at most 10,000 characters are");
            }
        }
        let parts = [
            ("subject", subject),
            ("intro", &wording.intro),
            ("outro", &wording.outro),
        ];
        for (part, text) in parts {
            if let Err(wrong) = Template::parse(text) {
                problems.refuse(place(part), text, &wrong.to_string());
            }
        }
    }
}

fn webhooks(settings: &Settings, problems: &mut Problems) {
    let webhooks = || settings.webhooks.iter().enumerate();
    if settings.webhooks.len() > WEBHOOKS_MAX {
        let found = format!("{} entries", settings.webhooks.len());
        problems.refuse("webhooks", &found, "at most 50 are");
    }
    problems.unique(webhooks().map(|(at, webhook)| (format!("webhooks[{at}].key"), &webhook.key)));
    for (at, webhook) in webhooks() {
        let keys = || settings.queues.iter().map(|queue| &queue.key);
        for queue in &webhook.queues {
            if !keys().any(|key| key == queue) {
                let allowed = format!("a queue of the desk is: {}", listed(keys()));
                problems.refuse(format!("webhooks[{at}].queues"), queue.as_str(), &allowed);
            }
        }
        let hidden = |kind: &&EventKind| match webhook.side {
            Side::Team => false,
            Side::Customer => !kind.is_for_customers(),
        };
        for kind in webhook.events.iter().filter(hidden) {
            let known = EventKind::ALL.iter().filter(|kind| kind.is_for_customers());
            let allowed = format!("what customers may know is: {}", listed(known));
            problems.refuse(format!("webhooks[{at}].events"), kind.as_str(), &allowed);
        }
    }
}

/// The kind of notice as it is written in a file.
fn word(kind: &crate::notice::NoticeKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

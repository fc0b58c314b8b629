//! Finding the parts of settings.

use super::{CheckedSettings, Queue};
use crate::field::FieldDefinition;
use crate::value::{EmailAddress, FieldKey, QueueKey, WebhookKey, WorkflowKey};
use crate::webhook::Webhook;
use crate::workflow::Workflow;

impl CheckedSettings {
    /// The queue of this key; none when there is no such queue.
    pub fn queue(&self, key: &QueueKey) -> Option<&Queue> {
        self.settings()
            .queues
            .iter()
            .find(|queue| queue.key == *key)
    }

    /// The queue with this mail address; none when it is no queue's.
    pub fn queue_at(&self, address: &EmailAddress) -> Option<&Queue> {
        self.settings()
            .queues
            .iter()
            .find(|queue| queue.address == *address)
    }

    /// The workflow of this key; none when there is no such workflow.
    pub fn workflow(&self, key: &WorkflowKey) -> Option<&Workflow> {
        self.settings()
            .workflows
            .iter()
            .find(|workflow| workflow.key == *key)
    }

    /// The workflow of the queue of this key; none when there is no such queue.
    pub fn workflow_of(&self, key: &QueueKey) -> Option<&Workflow> {
        self.workflow(&self.queue(key)?.workflow)
    }

    /// The webhook of this key; none when there is no such webhook.
    pub fn webhook(&self, key: &WebhookKey) -> Option<&Webhook> {
        let mut webhooks = self.settings().webhooks.iter();
        webhooks.find(|webhook| webhook.key == *key)
    }

    /// The webhooks that are called, in their order.
    pub fn active_webhooks(&self) -> impl Iterator<Item = &Webhook> {
        let webhooks = self.settings().webhooks.iter();
        webhooks.filter(|webhook| webhook.active)
    }

    /// The custom field of this key; none when there is no such field.
    pub fn field(&self, key: &FieldKey) -> Option<&FieldDefinition> {
        self.settings()
            .fields
            .iter()
            .find(|field| field.key == *key)
    }
}

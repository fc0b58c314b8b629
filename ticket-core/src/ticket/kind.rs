//! The kinds of events, by the words that files and the API use for them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Event;

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident, $word:literal;)+) => {
        /// What kind of thing happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EventKind {
            $($(#[$doc])+ $name,)+
        }

        impl EventKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word used in files and the API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// See [`Event::Opened`].
    Opened, "opened";
    /// See [`Event::Replied`].
    Replied, "replied";
    /// See [`Event::Noted`].
    Noted, "noted";
    /// See [`Event::Assigned`].
    Assigned, "assigned";
    /// See [`Event::Unassigned`].
    Unassigned, "unassigned";
    /// See [`Event::StatusChanged`].
    StatusChanged, "status_changed";
    /// See [`Event::PriorityChanged`].
    PriorityChanged, "priority_changed";
    /// See [`Event::Moved`].
    Moved, "moved";
    /// See [`Event::Retitled`].
    Retitled, "retitled";
    /// See [`Event::RequesterChanged`].
    RequesterChanged, "requester_changed";
    /// See [`Event::Tagged`].
    Tagged, "tagged";
    /// See [`Event::Untagged`].
    Untagged, "untagged";
    /// See [`Event::FieldChanged`].
    FieldChanged, "field_changed";
    /// See [`Event::FollowerAdded`].
    FollowerAdded, "follower_added";
    /// See [`Event::FollowerRemoved`].
    FollowerRemoved, "follower_removed";
    /// See [`Event::CcAdded`].
    CcAdded, "cc_added";
    /// See [`Event::CcRemoved`].
    CcRemoved, "cc_removed";
    /// See [`Event::Snoozed`].
    Snoozed, "snoozed";
    /// See [`Event::Woke`].
    Woke, "woke";
    /// See [`Event::DueChanged`].
    DueChanged, "due_changed";
    /// See [`Event::Redacted`].
    Redacted, "redacted";
    /// See [`Event::Linked`].
    Linked, "linked";
    /// See [`Event::Unlinked`].
    Unlinked, "unlinked";
    /// See [`Event::AboutAdded`].
    AboutAdded, "about_added";
    /// See [`Event::AboutRemoved`].
    AboutRemoved, "about_removed";
    /// See [`Event::ActionTaken`].
    ActionTaken, "action_taken";
    /// See [`Event::DeliveryFailed`].
    DeliveryFailed, "delivery_failed";
}

impl EventKind {
    /// Whether customers may know of some events of this kind.
    pub const fn is_for_customers(self) -> bool {
        match self {
            Self::Opened
            | Self::Replied
            | Self::StatusChanged
            | Self::Retitled
            | Self::RequesterChanged
            | Self::CcAdded
            | Self::CcRemoved
            | Self::Redacted => true,
            Self::Noted
            | Self::Assigned
            | Self::Unassigned
            | Self::PriorityChanged
            | Self::Moved
            | Self::Tagged
            | Self::Untagged
            | Self::FieldChanged
            | Self::FollowerAdded
            | Self::FollowerRemoved
            | Self::Snoozed
            | Self::Woke
            | Self::DueChanged
            | Self::Linked
            | Self::Unlinked
            | Self::AboutAdded
            | Self::AboutRemoved
            | Self::ActionTaken
            | Self::DeliveryFailed => false,
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Event {
    /// What kind of event it is.
    pub const fn kind(&self) -> EventKind {
        match self {
            Self::Opened(_) => EventKind::Opened,
            Self::Replied { .. } => EventKind::Replied,
            Self::Noted { .. } => EventKind::Noted,
            Self::Assigned { .. } => EventKind::Assigned,
            Self::Unassigned { .. } => EventKind::Unassigned,
            Self::StatusChanged { .. } => EventKind::StatusChanged,
            Self::PriorityChanged { .. } => EventKind::PriorityChanged,
            Self::Moved { .. } => EventKind::Moved,
            Self::Retitled { .. } => EventKind::Retitled,
            Self::RequesterChanged { .. } => EventKind::RequesterChanged,
            Self::Tagged { .. } => EventKind::Tagged,
            Self::Untagged { .. } => EventKind::Untagged,
            Self::FieldChanged { .. } => EventKind::FieldChanged,
            Self::FollowerAdded { .. } => EventKind::FollowerAdded,
            Self::FollowerRemoved { .. } => EventKind::FollowerRemoved,
            Self::CcAdded { .. } => EventKind::CcAdded,
            Self::CcRemoved { .. } => EventKind::CcRemoved,
            Self::Snoozed { .. } => EventKind::Snoozed,
            Self::Woke => EventKind::Woke,
            Self::DueChanged { .. } => EventKind::DueChanged,
            Self::Redacted { .. } => EventKind::Redacted,
            Self::Linked { .. } => EventKind::Linked,
            Self::Unlinked { .. } => EventKind::Unlinked,
            Self::AboutAdded { .. } => EventKind::AboutAdded,
            Self::AboutRemoved { .. } => EventKind::AboutRemoved,
            Self::ActionTaken { .. } => EventKind::ActionTaken,
            Self::DeliveryFailed { .. } => EventKind::DeliveryFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_its_word() {
        for kind in EventKind::ALL {
            let written = serde_json::to_value(kind).expect("written");
            assert_eq!(written, kind.as_str());
        }
        let woke = serde_json::to_value(Event::Woke).expect("written");
        assert_eq!(woke["event"], Event::Woke.kind().as_str());
    }
}

//! What the kinds of notice have in common.

use super::{Notice, NoticeKind};

impl NoticeKind {
    /// Whether it is for people who see the ticket as a member of the team.
    pub const fn is_for_team(self) -> bool {
        match self {
            Self::Received | Self::OpenedForYou | Self::Replied | Self::Solved | Self::Access => {
                false
            }
            Self::NewTicket
            | Self::TeamReplied
            | Self::Noted
            | Self::Mentioned
            | Self::AssignedToYou
            | Self::DeliveryFailed => true,
        }
    }

    /// Whether nobody wrote it by hand (RFC 3834, 2).
    pub const fn is_automatic(self) -> bool {
        match self {
            Self::OpenedForYou | Self::Replied => false,
            Self::Received
            | Self::Solved
            | Self::Access
            | Self::NewTicket
            | Self::TeamReplied
            | Self::Noted
            | Self::Mentioned
            | Self::AssignedToYou
            | Self::DeliveryFailed => true,
        }
    }

    /// What concerns a person most comes first: of several only that is told.
    pub(super) const fn weight(self) -> u8 {
        match self {
            Self::OpenedForYou | Self::Replied | Self::Mentioned => 0,
            Self::AssignedToYou => 1,
            Self::Received | Self::DeliveryFailed => 2,
            Self::TeamReplied | Self::NewTicket => 3,
            Self::Noted => 4,
            Self::Solved | Self::Access => 5,
        }
    }
}

impl Notice {
    /// Whether the caps on automatic mail apply: to what is sent to customers by itself.
    pub const fn is_capped(&self) -> bool {
        self.automatic && !self.kind.is_for_team()
    }
}

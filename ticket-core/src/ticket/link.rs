//! Links between tickets, and from a ticket to things of the host.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::value::{Invalid, SubjectKind, TicketId};

/// What a ticket is to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// Has to do with it.
    Relates,
    /// Asks the same.
    Duplicates,
    /// Can't be solved before it.
    DependsOn,
    /// Is a part of it.
    ChildOf,
    /// Continues it after it was closed.
    FollowUpOf,
}

impl LinkKind {
    /// Whether a chain of such links must not come back to its beginning.
    pub const fn is_directed(self) -> bool {
        match self {
            Self::Relates => false,
            Self::Duplicates | Self::DependsOn | Self::ChildOf | Self::FollowUpOf => true,
        }
    }
}

/// A link, kept on the ticket that it starts from; the other end finds it by look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Link {
    /// What this ticket is to the other.
    pub kind: LinkKind,
    /// The other ticket.
    pub to: TicketId,
}

/// A thing of the host that a ticket is about: an order, a device, a project.
///
/// The desk keeps its kind and id and never looks into the host's tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = HostSubject))]
#[serde(try_from = "RawSubject")]
pub struct Subject {
    kind: SubjectKind,
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSubject {
    kind: SubjectKind,
    id: String,
}

impl Subject {
    /// Names a thing by its kind and the host's id for it.
    ///
    /// # Errors
    /// When the id is empty, longer than 200 bytes, or holds control characters.
    pub fn new(kind: SubjectKind, id: &str) -> Result<Self, Invalid> {
        if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
            return Err(Invalid::new(
                "about",
                id,
                "1 to 200 bytes without control characters are",
            ));
        }
        Ok(Self {
            kind,
            id: id.to_owned(),
        })
    }

    /// The kind of thing.
    pub const fn kind(&self) -> &SubjectKind {
        &self.kind
    }

    /// The host's id of the thing.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl TryFrom<RawSubject> for Subject {
    type Error = Invalid;

    fn try_from(raw: RawSubject) -> Result<Self, Invalid> {
        Self::new(raw.kind, &raw.id)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

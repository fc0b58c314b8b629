//! What is answered: one set of types for the team and another for customers.

#[macro_use]
mod by_side;
mod customer;
mod team;

use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use ticket_core::desk::{Listing, ShownTicket};
use ticket_core::plan::Receipt;
use ticket_core::ticket::{Attachment, Digest, Posting};
use ticket_core::value::{MessageId, NoteId, TicketNumber, Version};
use utoipa::ToSchema;

pub(crate) use team::{Happened, HistoryAnswer, NoticesAnswer, PresenceAnswer};

use crate::problem::{Problem, ProblemKind};

/// Says that an answer was given before, to an earlier request with the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A ticket as its reader may see it, with the tag of its state.
pub(crate) struct Shown {
    /// The tag, in quotes.
    pub(crate) tag: String,
    /// The version, which only the team may know.
    pub(crate) version: Option<Version>,
    body: Vec<u8>,
}

impl Shown {
    /// What is shown of a ticket.
    ///
    /// The tag is the version for the team. For customers, whose tag must not change when a note
    /// is written, it is the digest of what they are shown.
    pub(crate) fn of(ticket: ShownTicket) -> Result<Self, Problem> {
        match ticket {
            ShownTicket::Team(view) => {
                let version = view.ticket.version;
                let shown = TicketAnswer::Team(team::Ticket::shown(*view));
                Ok(Self {
                    tag: version_tag(version),
                    version: Some(version),
                    body: json(&shown)?,
                })
            }
            ShownTicket::Customer(view) => {
                let body = json(&TicketAnswer::Customer(customer::Ticket::shown(view)))?;
                Ok(Self {
                    tag: format!("\"{}\"", Digest::of(&body)),
                    version: None,
                    body,
                })
            }
        }
    }

    /// The tag as a header.
    fn tag_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.tag).ok()
    }

    /// The answer to who has another state, or none.
    pub(crate) fn into_response(self) -> Response {
        let media_type = HeaderValue::from_static("application/json");
        let headers = [(axum::http::header::CONTENT_TYPE, media_type)];
        let tag = self.tag_header();
        let mut response = (headers, self.body).into_response();
        response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
        response
    }

    /// The answer to who has this state.
    pub(crate) fn not_modified(&self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        response
            .headers_mut()
            .extend(self.tag_header().map(|tag| (ETAG, tag)));
        response
    }
}

fn version_tag(version: Version) -> String {
    format!("\"v{version}\"")
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(value).map_err(|_| Problem::new(ProblemKind::Internal))
}

by_side! {
    /// A ticket with its messages.
    TicketAnswer "Ticket" { team::Ticket, customer::Ticket }
    /// A page of tickets.
    ListAnswer "Tickets" { team::Tickets, customer::Tickets }
}

impl From<Listing> for ListAnswer {
    fn from(listing: Listing) -> Self {
        match listing {
            Listing::Team(page) => Self::Team(page.into()),
            Listing::Customer(page) => Self::Customer(page.into()),
        }
    }
}

/// What a change came to; it says nothing that a customer may not know.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    /// The ticket: another one, if the message opened it.
    number: TicketNumber,
    /// The message that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<MessageId>,
    /// The note that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<NoteId>,
}

impl Changed {
    /// Something new below the ticket: a message or note, which the caller wrote.
    ///
    /// `prefix` is where the router is nested.
    pub(crate) fn created(receipt: &Receipt, prefix: &str) -> Response {
        let (message, note) = match receipt.posting {
            Some(Posting::Message(id)) => (Some(id), None),
            Some(Posting::Note(id)) => (None, Some(id)),
            None => (None, None),
        };
        let changed = Self {
            number: receipt.number,
            message,
            note,
        };
        let location = format!("{prefix}/api/v1/tickets/{}", receipt.number);
        let mut response = (StatusCode::CREATED, Json(changed)).into_response();
        let headers = response.headers_mut();
        headers.extend(HeaderValue::from_str(&location).map(|at| (LOCATION, at)));
        if receipt.replayed {
            headers.insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }

    /// A property that has the wanted value now.
    pub(crate) fn set(receipt: &Receipt) -> Response {
        Json(Self {
            number: receipt.number,
            message: None,
            note: None,
        })
        .into_response()
    }
}

/// A file that came with a message; its bytes are not served yet.
#[derive(Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileAnswer {
    name: String,
    media_type: String,
    size: u64,
    digest: Digest,
}

impl From<Attachment> for FileAnswer {
    fn from(file: Attachment) -> Self {
        Self {
            name: file.name,
            media_type: file.media_type,
            size: file.size,
            digest: file.digest,
        }
    }
}

//! The events of a stream, as bytes say them.

use std::time::Duration;

use axum::response::sse::Event;
use serde::Serialize;
use ticket_core::desk::{ListNews, Position, TicketNews};
use ticket_core::value::{TicketNumber, Timestamp, Version};
use ticket_core::view::{CustomerChange, CustomerNews};
use uuid::Uuid;

use crate::answer::Happened;

/// The shortest wait of a client before it comes back.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Nothing {}

/// A ticket of a list.
#[derive(Serialize)]
struct Listed {
    number: TicketNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
}

/// One commit, for the team.
#[derive(Serialize)]
struct TeamNews {
    number: TicketNumber,
    version: Version,
    events: Vec<Happened>,
}

/// One commit, for customers.
#[derive(Serialize)]
struct PublicNews {
    number: TicketNumber,
    at: Timestamp,
    changes: Vec<CustomerChange>,
}

type Made = Result<Event, axum::Error>;

/// The stream began; what happens from now on is told.
pub(super) fn ready(id: &str) -> Made {
    Ok(made("ready", &Nothing {})?
        .id(id)
        .retry(RETRY + Duration::from_millis(spread())))
}

/// Something was missed: read again what is shown.
pub(super) fn reset(id: &str) -> Made {
    Ok(made("reset", &Nothing {})?.id(id))
}

/// A comment, so that proxies see life; it comes by the clock and tells of nothing.
pub(super) fn heartbeat() -> Event {
    Event::default().comment("")
}

pub(super) fn of_list(news: &ListNews, id: &str) -> Made {
    let (number, version) = match news {
        ListNews::Missed => return reset(id),
        ListNews::Team { number, version } => (*number, Some(*version)),
        ListNews::Customer { number } => (*number, None),
    };
    Ok(made("ticket", &Listed { number, version })?.id(id))
}

pub(super) fn of_ticket(number: TicketNumber, news: TicketNews) -> Made {
    let position: Position = news.position();
    let event = match news {
        TicketNews::Team { version, events } => {
            let events = events.into_iter().map(Happened::from).collect();
            made(
                "changed",
                &TeamNews {
                    number,
                    version,
                    events,
                },
            )?
        }
        TicketNews::Customer {
            news: CustomerNews { at, changes },
            ..
        } => made(
            "changed",
            &PublicNews {
                number,
                at,
                changes,
            },
        )?,
    };
    Ok(event.id(position.to_string()))
}

fn made(kind: &str, data: &impl Serialize) -> Made {
    Event::default().event(kind).json_data(data)
}

/// Up to two seconds: when a node goes, its clients do not come back all at once.
fn spread() -> u64 {
    let bytes = Uuid::now_v7().into_bytes();
    u64::from(u16::from_be_bytes([bytes[14], bytes[15]])) % 2_000
}

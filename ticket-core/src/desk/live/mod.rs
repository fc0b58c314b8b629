//! Live screens: what they are told, and who may know it.
//!
//! The event bus only says that something happened. What is told is read from the store, with the
//! rights that somebody has at that moment; so a lost hint delays news, and never tells too much.

mod list;
mod position;
mod ticket;

use futures_util::FutureExt;

pub use list::{ListNews, LiveList};
pub use position::Position;
pub use ticket::{LiveTicket, TicketNews};

use crate::port::{Happening, Subscription};

/// How many hints are taken at once.
const AT_ONCE: usize = 256;

/// Waits for hints and takes all that are there; `false` when no more will come.
///
/// Nothing that was taken is lost when the future is dropped.
async fn hear(news: &mut dyn Subscription, mut take: impl FnMut(Happening) -> bool) -> bool {
    loop {
        let Some(first) = news.next().await else {
            return false;
        };
        let mut matters = take(first);
        for _ in 1..AT_ONCE {
            // That the bus is gone is heard again by the next call.
            let Some(Some(next)) = news.next().now_or_never() else {
                break;
            };
            matters |= take(next);
        }
        if matters {
            return true;
        }
    }
}

//! What works by itself: mail in, notices out, and the clock.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use ticket_core::desk::{Desk, DeskError};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::cli::Options;
use crate::serve::signal;
use crate::wire;

/// How often somebody looks for work that no news told of, such as mail from another process.
const POLL: Duration = Duration::from_millis(500);

/// The longest wait after a fault; it begins with [`POLL`] and doubles.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long others wait before they take over what this process was at when it died.
pub(crate) const LEASE: Duration = Duration::from_secs(15);

/// How long work under way may take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// How much is done in one step.
const BATCH: u16 = 20;

/// One kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Mail becomes messages.
    Intake,
    /// Notices become letters.
    Delivery,
    /// What the clock makes due.
    Clock,
}

impl Work {
    /// All kinds.
    pub(crate) const ALL: [Self; 3] = [Self::Intake, Self::Delivery, Self::Clock];

    /// The word for logs and `/readyz`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Intake => "mail_in",
            Self::Delivery => "mail_out",
            Self::Clock => "clock",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Intake => 1,
            Self::Delivery => 2,
            Self::Clock => 4,
        }
    }

    /// Does some of it, and answers whether there was something to do.
    async fn step(self, desk: &Desk) -> Result<bool, DeskError> {
        match self {
            Self::Intake => {
                let done = desk.process_mail(BATCH).await?;
                if !done.is_idle() {
                    tracing::info!(
                        done = done.done,
                        quarantined = done.quarantined,
                        retried = done.retried,
                        "processed mail"
                    );
                }
                Ok(!done.is_idle())
            }
            Self::Delivery => {
                let done = desk.deliver(BATCH).await?;
                if !done.is_idle() {
                    tracing::info!(
                        sent = done.sent,
                        retried = done.retried,
                        dead = done.dead,
                        suppressed = done.suppressed,
                        "delivered notices"
                    );
                }
                Ok(!done.is_idle())
            }
            Self::Clock => Ok(desk.tick(BATCH).await? > 0),
        }
    }
}

/// Which kinds of work are failing now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Troubles(Arc<AtomicU8>);

impl Troubles {
    /// The kinds of work that are failing.
    pub(crate) fn now(&self) -> impl Iterator<Item = Work> {
        let bits = self.0.load(Ordering::Relaxed);
        Work::ALL
            .into_iter()
            .filter(move |work| bits & work.bit() != 0)
    }

    /// Notes whether a kind of work fails, and answers whether that is news.
    fn note(&self, work: Work, fails: bool) -> bool {
        let bit = work.bit();
        let before = if fails {
            self.0.fetch_or(bit, Ordering::Relaxed)
        } else {
            self.0.fetch_and(!bit, Ordering::Relaxed)
        };
        (before & bit != 0) != fails
    }
}

/// Works until told to stop; what was begun is finished within the grace, or given back.
pub(crate) async fn work(desk: &Desk, troubles: &Troubles, stop: watch::Receiver<bool>) {
    if !desk.delivers() {
        tracing::warn!("no mail server is set (TICKETD_SMTP_HOST): notices wait");
    }
    let mut stopping = stop.clone();
    let late = async {
        // The value was sent before the sender could go away.
        let _ = stopping.wait_for(|stop| *stop).await;
        sleep(GRACE).await;
    };
    let working = async {
        futures_util::join!(
            repeat(Work::Intake, desk, troubles, stop.clone()),
            repeat(Work::Delivery, desk, troubles, stop.clone()),
            repeat(Work::Clock, desk, troubles, stop),
        )
    };
    tokio::select! {
        _ = working => {}
        () = keep(desk) => {}
        () = late => tracing::warn!("work under way was left, and is given back"),
    }
    if let Err(error) = desk.give_back().await {
        tracing::warn!(%error, "claims could not be given back; their leases run out");
    }
}

/// Keeps what is under way from being taken over.
async fn keep(desk: &Desk) {
    loop {
        sleep(LEASE / 3).await;
        if let Err(error) = desk.keep_claims().await {
            tracing::debug!(%error, "claims could not be kept");
        }
    }
}

async fn repeat(work: Work, desk: &Desk, troubles: &Troubles, mut stop: watch::Receiver<bool>) {
    let mut news = Some(desk.subscribe().await);
    let mut fault_wait = POLL;
    while !*stop.borrow() {
        let outcome = AssertUnwindSafe(work.step(desk)).catch_unwind().await;
        let fault = match outcome {
            Ok(Ok(true)) => {
                calm(work, troubles);
                fault_wait = POLL;
                continue;
            }
            Ok(Ok(false)) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("a bug: it panicked".to_owned()),
        };
        let Some(fault) = fault else {
            calm(work, troubles);
            fault_wait = POLL;
            tokio::select! {
                () = sleep(POLL) => {}
                () = heard(&mut news) => {}
                _ = stop.changed() => {}
            }
            continue;
        };
        if troubles.note(work, true) {
            tracing::error!(work = work.name(), fault, "working fails; trying again");
        }
        tokio::select! {
            () = sleep(fault_wait) => {}
            _ = stop.changed() => {}
        }
        fault_wait = (fault_wait * 2).min(LONGEST_WAIT);
    }
}

fn calm(work: Work, troubles: &Troubles) {
    if troubles.note(work, false) {
        tracing::info!(work = work.name(), "working again");
    }
}

/// Returns when there is news; never when nobody tells any more.
async fn heard(news: &mut Option<Box<dyn ticket_core::port::Subscription>>) {
    if let Some(subscription) = news {
        if subscription.next().await.is_some() {
            return;
        }
        *news = None;
    }
    std::future::pending::<()>().await;
}

/// `ticketd worker`
pub(crate) async fn run_alone(options: &Options) -> anyhow::Result<()> {
    let wired = wire::make(options).await?;
    wired.desk.settings().await?;
    let stop = signal::stop()?;
    tracing::info!("working");
    work(&wired.desk, &Troubles::default(), stop).await;
    wired.close().await;
    tracing::info!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_news_once() {
        let troubles = Troubles::default();
        assert!(troubles.note(Work::Delivery, true));
        assert!(!troubles.note(Work::Delivery, true));
        assert_eq!(troubles.now().collect::<Vec<_>>(), [Work::Delivery]);
        assert!(!troubles.note(Work::Clock, false));
        assert!(troubles.note(Work::Delivery, false));
        assert_eq!(troubles.now().count(), 0);
    }
}

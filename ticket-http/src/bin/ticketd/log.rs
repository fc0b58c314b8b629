//! The log: text on a terminal, JSON otherwise; what is in it is `RUST_LOG`'s to say.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// What is logged if `RUST_LOG` says nothing.
const DEFAULT: &str = "info,sqlx=warn";

/// Starts the log on the standard error. It gets no secrets, addresses or bodies.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.init();
    } else {
        log.json().flatten_event(true).with_span_list(false).init();
    }
    // The words of a panic may repeat what somebody wrote; its place never does.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a bug: something panicked");
    }));
}

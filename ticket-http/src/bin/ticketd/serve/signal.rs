//! Signals to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Becomes true at the first SIGTERM or SIGINT; a second one ends the program at once.
pub(crate) fn stop() -> std::io::Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping; a second signal ends it at once");
        sender.send_replace(true);
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("ended at once");
        std::process::exit(130);
    });
    Ok(receiver)
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

//! Connections are few, and used again.

use std::time::{Duration, Instant};

use ticket_core::port::Notifier as _;
use ticket_mail::sink::{Behaviour, Sink, Step};

use super::support::{letter, notifier, settings};

/// Without `TCP_NODELAY` each letter would take 40 ms.
#[tokio::test]
async fn letters_follow_each_other_over_one_connection_without_pauses() {
    let sink = Sink::start().await.expect("a sink");
    let mut settings = settings(&sink);
    settings.letters_per_connection = 1_000;
    let notifier = notifier(settings);
    let begun = Instant::now();
    for _ in 0..100 {
        notifier.deliver(&letter()).await.expect("delivered");
    }
    let spent = begun.elapsed();
    println!("{:.0} letters a second", 100.0 / spent.as_secs_f64());
    assert_eq!(sink.connections(), 1);
    assert!(spent < Duration::from_secs(3), "100 letters took {spent:?}");
}

#[tokio::test]
async fn no_more_connections_than_allowed() {
    let sink = Sink::start().await.expect("a sink");
    let mut settings = settings(&sink);
    settings.connections = 3;
    let notifier = std::sync::Arc::new(notifier(settings));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let notifier = notifier.clone();
        tasks.spawn(async move { notifier.deliver(&letter()).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a task").expect("delivered");
    }
    assert_eq!(sink.received().len(), 30);
    assert!(
        (1..=3).contains(&sink.connections()),
        "{}",
        sink.connections()
    );
}

#[tokio::test]
async fn a_connection_that_died_in_the_meantime_is_replaced() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    notifier.deliver(&letter()).await.expect("delivered");
    sink.script(Step::Mail, Behaviour::Drop);
    notifier.deliver(&letter()).await.expect("delivered");
    sink.script(
        Step::Mail,
        Behaviour::Answer("421 4.4.2 idle too long".to_owned()),
    );
    notifier.deliver(&letter()).await.expect("delivered");
    assert_eq!((sink.received().len(), sink.connections()), (3, 3));
}

#[tokio::test]
async fn connections_grow_old_and_tired() {
    let sink = Sink::start().await.expect("a sink");
    let mut tired = settings(&sink);
    tired.letters_per_connection = 2;
    let tired = notifier(tired);
    for _ in 0..5 {
        tired.deliver(&letter()).await.expect("delivered");
    }
    assert_eq!(sink.connections(), 3);

    let sink = Sink::start().await.expect("a sink");
    let mut old = settings(&sink);
    old.idle = Duration::ZERO;
    let old = notifier(old);
    for _ in 0..2 {
        old.deliver(&letter()).await.expect("delivered");
    }
    assert_eq!(sink.connections(), 2);
}

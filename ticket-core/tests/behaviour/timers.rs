//! What the clock makes due.

use std::time::Duration;

use ticket_core::command::Command;
use ticket_core::value::TicketId;
use ticket_core::workflow::Category;

use crate::world::{World, days, read, settings};

async fn solved(world: &World) -> TicketId {
    let ticket = world.opened("ada").await.ticket;
    let solved = Command::SetStatus { to: read("solved") };
    world.does("grace", ticket, solved).await;
    ticket
}

#[tokio::test]
async fn a_solved_ticket_closes_after_its_days_and_not_before() {
    let world = World::new().await;
    let ticket = solved(&world).await;
    world.clock.advance(days(4) - Duration::from_secs(1));
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 0);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 1);
    assert_eq!(world.ticket(ticket).await.category, Category::Closed);
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 0);
    world.verify().await;
}

#[tokio::test]
async fn a_sleeper_wakes_when_its_time_is_over() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let pending = Command::SetStatus {
        to: read("pending"),
    };
    world.does("grace", ticket, pending).await;
    let until = world.clock.advance(days(1)).plus(days(1));
    world.does("grace", ticket, Command::Snooze { until }).await;
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 0);
    world.clock.advance(days(1));
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 1);
    assert_eq!(world.ticket(ticket).await.status, read("open"));
}

#[tokio::test]
async fn other_settings_make_other_tickets_due_at_once() {
    let world = World::new().await;
    let ticket = solved(&world).await;
    world.clock.advance(days(2));
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 0);
    let mut settings = settings();
    settings.workflows[0].timed[0].after_seconds = days(1).as_secs();
    world.change(settings).await;
    assert_eq!(world.desk.tick(10).await.expect("ticked"), 1);
    assert_eq!(world.ticket(ticket).await.category, Category::Closed);
}

#[tokio::test]
async fn two_workers_do_each_thing_once() {
    let world = World::new().await;
    let mut tickets = Vec::new();
    for _ in 0..20 {
        tickets.push(solved(&world).await);
    }
    world.clock.advance(days(5));
    let (one, two) = tokio::join!(world.desk.tick(100), world.desk.tick(100));
    assert!(one.is_ok() && two.is_ok());
    for ticket in tickets {
        let history = world.as_("root").await.history(ticket).await;
        let history = history.expect("a history");
        assert_eq!(history.len(), 3, "opened, solved, closed");
    }
}

#[tokio::test]
async fn a_sleeper_whose_queue_is_gone_does_not_stand_before_the_others() {
    let world = World::new().await;
    let mut tickets = Vec::new();
    for queue in ["billing", "support"] {
        let mut open = crate::world::open("Jam", "Stuck.");
        open.queue = read(queue);
        let ticket = world.open("ada", open).await.expect("opened").ticket;
        let until = world.clock.advance(Duration::from_secs(60)).plus(days(1));
        world.does("root", ticket, Command::Snooze { until }).await;
        tickets.push(ticket);
    }
    let mut settings = settings();
    settings.queues.retain(|queue| queue.key != read("billing"));
    world.change(settings).await;
    world.clock.advance(days(2));
    for _ in 0..2 {
        assert_eq!(world.desk.tick(1).await.expect("ticked"), 1);
    }
    for ticket in tickets {
        assert_eq!(world.ticket(ticket).await.snoozed_until, None);
    }
}

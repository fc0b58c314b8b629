//! Short stories at a desk, told line by line, for seeing what a setting changes.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use ticket_core::command::Command;
use ticket_core::desk::{DeskError, ShownTicket};
use ticket_core::field::FieldValue;
use ticket_core::plan::Receipt;
use ticket_core::port::SpoolState;
use ticket_core::ticket::{Channel, SenderProof};
use ticket_core::value::{Mailbox, TicketId};

use crate::world::{Mail, World, days, id, open, read};

/// What happens at a desk, line by line.
pub(crate) type Story = fn(World) -> BoxFuture<'static, Vec<String>>;

fn code<T>(outcome: &Result<T, DeskError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(DeskError::Refused(refusal)) => refusal.code(),
        Err(other) => panic!("{other}"),
    }
}

fn goes(to: &str) -> Command {
    Command::SetStatus { to: read(to) }
}

async fn status(world: &World, ticket: TicketId) -> String {
    world.ticket(ticket).await.status.to_string()
}

/// Ada opens a ticket, Grace answers four times and becomes responsible: all letters.
pub(crate) fn letters(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.opened("ada").await.ticket;
        for at in 1..=4 {
            world.reply("grace", ticket, &format!("Answer {at}.")).await;
        }
        world
            .does("root", ticket, Command::Assign { to: id("grace") })
            .await;
        let letters = world.post().await;
        let told = letters.into_iter().map(|letter| {
            let name = letter.from.name.unwrap_or_default();
            format!(
                "{:?} to {} from {name} <{}>: {}\n{}",
                letter.kind, letter.to.address, letter.from.address, letter.subject, letter.text
            )
        });
        told.collect()
    }
    .boxed()
}

/// What Ada sees of a ticket: fresh, pending, with fields.
pub(crate) fn views(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.opened("ada").await.ticket;
        let fresh = view(&world, ticket).await;
        let order = Command::SetField {
            field: read("order"),
            value: Some(FieldValue::Text("77".to_owned())),
        };
        world.does("grace", ticket, order).await;
        let tried = world.asks("grace", ticket, goes("pending")).await;
        let pending = view(&world, ticket).await;
        vec![
            format!("fresh: {fresh}"),
            format!("{} pending: {pending}", code(&tried)),
        ]
    }
    .boxed()
}

async fn view(world: &World, ticket: TicketId) -> String {
    let shown = world.as_("ada").await.show(ticket).await.expect("hers");
    let ShownTicket::Customer(view) = shown else {
        panic!("Ada is a customer");
    };
    let ticket = view.ticket;
    let fields: Vec<_> = ticket.fields.keys().map(ToString::to_string).collect();
    format!(
        "{} {} [{}]",
        ticket.status,
        ticket.category.as_str(),
        fields.join(" ")
    )
}

/// Who gets a fresh ticket to which status.
pub(crate) fn steps(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let mut lines = Vec::new();
        for by in ["ada", "grace", "root"] {
            for to in ["bench", "on_hold", "parked", "solved", "closed"] {
                let ticket = world.opened("ada").await.ticket;
                let outcome = world.asks(by, ticket, goes(to)).await;
                lines.push(format!("{by} {to}: {}", code(&outcome)));
            }
        }
        lines
    }
    .boxed()
}

/// Where replies lead.
pub(crate) fn replies(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.opened("ada").await.ticket;
        world.reply("grace", ticket, "Hello.").await;
        let mut lines = vec![format!("team on new: {}", status(&world, ticket).await)];
        for from in ["pending", "closed"] {
            let ticket = world.opened("ada").await.ticket;
            world.does("root", ticket, goes(from)).await;
            let reply: Receipt = world.reply("ada", ticket, "Hello?").await;
            let place = if reply.ticket == ticket {
                "here"
            } else {
                "new ticket"
            };
            let status = status(&world, reply.ticket).await;
            lines.push(format!("customer on {from}: {place} {status}"));
        }
        lines
    }
    .boxed()
}

/// What time does.
pub(crate) fn clock(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let asleep = world.opened("ada").await.ticket;
        let solved = world.opened("ada").await.ticket;
        world.does("grace", asleep, goes("pending")).await;
        let until = world.clock.advance(Duration::from_secs(1)).plus(days(1));
        world.does("grace", asleep, Command::Snooze { until }).await;
        world.clock.advance(days(1));
        world.desk.tick(10).await.expect("ticked");
        let woke = status(&world, asleep).await;
        world.does("grace", solved, goes("solved")).await;
        world.clock.advance(days(5));
        world.desk.tick(10).await.expect("ticked");
        let closed = status(&world, solved).await;
        vec![
            format!("woke: {woke}"),
            format!("five days after solved: {closed}"),
        ]
    }
    .boxed()
}

/// Moves from `support` to the other queues.
pub(crate) fn moves(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let mut lines = Vec::new();
        for to in ["billing", "repair"] {
            let ticket = world.opened("ada").await.ticket;
            world.does("grace", ticket, goes("open")).await;
            let outcome = world
                .asks("grace", ticket, Command::Move { to: read(to) })
                .await;
            let status = status(&world, ticket).await;
            lines.push(format!("open to {to}: {} {status}", code(&outcome)));
        }
        lines
    }
    .boxed()
}

/// Values of fields that Grace sets.
pub(crate) fn fields(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.opened("ada").await.ticket;
        let values = [
            ("seats", FieldValue::Number(3)),
            ("size", FieldValue::Choice("M".to_owned())),
        ];
        let mut lines = Vec::new();
        for (key, value) in values {
            let command = Command::SetField {
                field: read(key),
                value: Some(value),
            };
            let outcome = world.asks("grace", ticket, command).await;
            lines.push(format!("{key}: {}", code(&outcome)));
        }
        lines
    }
    .boxed()
}

/// What rules make of a ticket with the word "urgent", and who did it.
pub(crate) fn rules(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.open("ada", open("Jam", "It is urgent.")).await;
        let ticket = ticket.expect("opened").ticket;
        let after = world.ticket(ticket).await;
        let history = world
            .as_("root")
            .await
            .history(ticket)
            .await
            .expect("a history");
        let actors = history.iter().skip(1).map(|one| format!("{:?}", one.actor));
        let mut lines: Vec<String> = actors.collect();
        lines.push(format!("{:?} {:?}", after.priority, after.tags));
        lines
    }
    .boxed()
}

/// Ada's mails with a number in the subject and what her host says of them.
pub(crate) fn mails(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let ticket = world.opened("ada").await;
        let mut lines = Vec::new();
        for signed in [true, false] {
            let mut mail = Mail::from("ada@x.example", &format!("And? {signed}"))
                .with("Subject", &format!("Re: Jam [#{}]", ticket.number));
            if signed {
                let results = "mx.desk.example; dmarc=pass header.from=x.example";
                mail = mail.with("Authentication-Results", results);
            }
            let SpoolState::Done {
                ticket: landed,
                decision,
                ..
            } = world.receive(&mail).await
            else {
                panic!("it should have become a message");
            };
            let place = if landed == ticket.ticket {
                "joins"
            } else {
                "opens"
            };
            let proof = match decision.proof {
                SenderProof::Authenticated => "authenticated",
                SenderProof::Token => "token",
                SenderProof::Unproven => "unproven",
            };
            lines.push(format!("signed {signed}: {place} {proof}"));
        }
        lines
    }
    .boxed()
}

/// How many receipts Eve gets who opens a ticket each minute.
pub(crate) fn caps(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        for _ in 0..12 {
            world.opened("eve").await;
            world.clock.advance(Duration::from_secs(60));
        }
        let letters = world.post().await;
        let to_eve = letters
            .iter()
            .filter(|letter| letter.to.address == read("eve@x.example"));
        vec![format!("receipts: {}", to_eve.count())]
    }
    .boxed()
}

/// A guest without a proof.
pub(crate) fn guests(world: World) -> BoxFuture<'static, Vec<String>> {
    async move {
        let zoe = Mailbox::new(Some("Zoe"), read("zoe@z.example"));
        let opened = world
            .desk
            .open_as_guest(&zoe, open("Jam", "Stuck."), None, Channel::Web);
        let by_web = opened.await;
        let by_mail = world.receive(&Mail::from("zoe@z.example", "Hello.")).await;
        let by_mail = matches!(by_mail, SpoolState::Done { .. });
        vec![format!("by web: {}, by mail: {by_mail}", code(&by_web))]
    }
    .boxed()
}

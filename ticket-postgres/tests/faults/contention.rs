//! Many who write on few tickets, and a server that refuses at random.

use std::sync::Arc;

use test_kit::Postgres;

use crate::journal::{ANSWER, Journal, Wish};
use crate::world::{World, cluster};

/// Lets some of the writes on tickets fail as if others had written at once, and counts the tries.
fn fail_some(cluster: &Postgres, database: &str, share: f64) {
    let sql = format!(
        "create sequence if not exists ticket.tries;
         create or replace function ticket.fail() returns trigger language plpgsql as $$
         begin
             perform nextval('ticket.tries');
             if random() < {share} then
                 raise exception 'injected'
                     using errcode = (array['40001', '40P01', '55P03'])[1 + floor(random() * 3)];
             end if;
             return new;
         end $$;
         drop trigger if exists fail on ticket.tickets;
         create trigger fail before insert or update on ticket.tickets
             for each row execute function ticket.fail()"
    );
    cluster.ask_in(database, &sql);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_update_is_lost_when_many_write_on_few_tickets() {
    let Some(cluster) = cluster() else { return };
    let world = Arc::new(World::on(cluster, "contention").await);
    let journal = Arc::new(Journal::default());
    let mut tickets = Vec::new();
    for n in 0..4 {
        tickets.push(
            journal
                .insist(&world, &Wish::Open(format!("ticket {n}")))
                .await,
        );
    }
    fail_some(cluster, "contention", 0.2);
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let (world, journal, number) = (world.clone(), journal.clone(), tickets[writer % 4]);
            tokio::spawn(async move {
                for n in 0..5 {
                    let wish = Wish::Reply(number, format!("writer {writer} reply {n}"));
                    journal.insist(&world, &wish).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("a writer");
    }
    journal.settle(&world).await;
}

/// What always fails is tried again a few times, and then answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_always_collides_is_given_up() {
    let Some(cluster) = cluster() else { return };
    let world = World::on(cluster, "collision").await;
    let journal = Journal::default();
    fail_some(cluster, "collision", 1.0);
    let begun = std::time::Instant::now();
    assert_eq!(journal.ask(&world, &Wish::Open("never".into())).await, None);
    assert!(begun.elapsed() < ANSWER);
    let tries = cluster.ask_in("collision", "select last_value from ticket.tries");
    let tries: u32 = tries.parse().expect("a number");
    assert!((2..=5).contains(&tries), "it was tried {tries} times");
    fail_some(cluster, "collision", 0.0);
    journal.settle(&world).await;
}

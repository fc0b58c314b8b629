//! TLS to PostgreSQL: an authority of one's own, and who is refused.

use std::time::Duration;

use test_kit::{Postgres, PostgresOptions};
use tokio::time::timeout;

use crate::server::{Place, text};

/// How long a program may take to find out that it does not get in.
const REFUSAL: Duration = Duration::from_secs(30);

/// A server with a certificate for 127.0.0.1 and `localhost`, which is reached by 127.0.0.2 as well.
fn server() -> Option<Postgres> {
    let listens = ("listen_addresses", "127.0.0.1,127.0.0.2");
    let server = Postgres::start(PostgresOptions {
        tls: true,
        settings: vec![(listens.0.to_owned(), listens.1.to_owned())],
        ..PostgresOptions::default()
    })?;
    server.create_database("desk");
    Some(server)
}

fn place(url: &str, authority: &str) -> Place {
    let url = format!("{url}?sslmode=verify-full&sslrootcert={authority}");
    Place::new().with("DATABASE_URL", &url)
}

fn authority(server: &Postgres) -> String {
    let file = server.authority().expect("an authority");
    file.display().to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_an_own_authority_signed_for_is_trusted() {
    let Some(postgres) = server() else {
        return;
    };
    let place = place(&postgres.url_of("desk"), &authority(&postgres));
    let server = place.start().await;
    assert_eq!(server.admin().get("/api/v1/tickets").await.status, 200);
    let sessions = "select count(*), count(*) filter (where ssl) from pg_stat_ssl join pg_stat_activity using (pid) \
                    where backend_type = 'client backend' and client_addr is not null";
    let counts = postgres.ask(sessions);
    let (all, by_tls) = counts.split_once('|').expect("two counts");
    assert!(all != "0" && all == by_tls, "sessions, by TLS: {counts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_refused_and_it_is_said_why() {
    let (Some(postgres), Some(other)) = (server(), server()) else {
        return;
    };
    let url = postgres.url_of("desk");
    let elsewhere = url.replace("127.0.0.1", "127.0.0.2");
    for (what, place) in [
        ("another authority", place(&url, &authority(&other))),
        ("another name", place(&elsewhere, &authority(&postgres))),
    ] {
        let run = timeout(REFUSAL, place.run(&["serve"])).await;
        let output = run.unwrap_or_else(|_| panic!("{what} is taken"));
        assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
        let said = text(&output.stderr);
        assert!(said.contains("certificate"), "{what}: {said}");
        assert!(!said.contains("postgres://"), "{what}: {said}");
    }
    let missing = place(&url, "/nonexistent/authority.pem");
    let said = text(&missing.run(&["serve"]).await.stderr);
    assert!(said.contains("certificate"), "{said}");
}

/// Who asks for TLS gets no plain connection instead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_tls_is_refused_too() {
    let (Some(postgres), Some(plain)) = (server(), Postgres::start(PostgresOptions::default()))
    else {
        return;
    };
    let place = place(&plain.url(), &authority(&postgres));
    let output = place.run(&["serve"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains("TLS"), "{output:?}");
}

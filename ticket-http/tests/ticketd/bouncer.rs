//! PgBouncer between the processes of a desk and its PostgreSQL.

use hyper::Method;
use serde_json::json;
use test_kit::Front;

use crate::cluster::Cluster;
use crate::server::{eventually, mail, text};

/// The desk's URL by a PgBouncer with this `pool_mode`.
async fn behind(mode: &str) -> Option<(Cluster, Front)> {
    let mut cluster = Cluster::start().await?;
    let bouncer = Front::pgbouncer(&cluster.postgres, mode)?;
    let url = format!("postgres://postgres@{}/desk", bouncer.address());
    cluster.place = cluster.place.with("DATABASE_URL", &url);
    Some((cluster, bouncer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_works_behind_pgbouncer_in_session_mode() {
    let Some((cluster, bouncer)) = behind("session").await else {
        return;
    };
    let (here, there) = (cluster.node().await, cluster.node().await);
    let _worker = cluster.worker();
    let (here, there) = (here.with(&here.token()), there.with(&here.token()));
    let raw = mail("ada@example.org", "Jam", "jam@example.org", "", "Stuck.");
    assert_eq!(cluster.place.mail_in(&raw).await, Some(0));
    eventually("the mail as a ticket", || async {
        let found = there.get("/api/v1/tickets?q=jam").await.json();
        found["tickets"][0]["number"].as_u64()
    })
    .await;
    // More at once than there are connections, so that sessions end and are used again.
    let callers: Vec<_> = (0..40)
        .map(|caller| {
            let client = if caller % 2 == 0 { &here } else { &there }.clone();
            tokio::spawn(async move {
                let body = json!({"queue": "support", "subject": "Jam", "text": "Stuck."});
                let opened = client.post("/api/v1/tickets", body).await;
                assert_eq!(opened.status, 201, "{}", opened.text);
                let list = client.call(Method::GET, "/api/v1/tickets?limit=5");
                assert_eq!(list.send().await.status, 200);
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("answered");
    }
    let report = cluster.place.print(&["verify"]).await;
    assert!(
        report.contains("41 tickets") && !report.contains("wrong:"),
        "{report}"
    );
    assert!(bouncer.logged().contains("login attempt"), "it is used");
}

/// Statements are prepared and settings belong to the session: it would fail now and then, when a transaction gets
/// the session of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transaction_mode_is_refused_with_a_remedy() {
    let Some((cluster, _bouncer)) = behind("transaction").await else {
        return;
    };
    for command in ["serve", "worker", "migrate"] {
        let output = cluster.place.run(&[command]).await;
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        let said = text(&output.stderr);
        assert!(said.contains("pool_mode = session"), "{command}: {said}");
        assert!(!said.contains("postgres://"), "{said}");
    }
}

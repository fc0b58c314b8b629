//! What a program says to its database is heard, and said again by `pgbench`.

#![expect(clippy::expect_used, reason = "a test stops at the first surprise")]

use std::time::Duration;

use benches::ceiling::{Bench, Fresh, Heard, Script, Writer, listen, pgbench};
use sqlx::{Connection, PgConnection};
use url::Url;
use uuid::Uuid;

const TEXT: &str = "It's \"stuck\":\n{a,b} \\ :v1::text $1 ünd so fort";
const SAY: &str = "INSERT INTO said (id, number, texts, others) VALUES ($1, $2, $3, $4)";

/// A schema of the test's own, dropped at its end.
struct Schema {
    url: String,
    name: String,
}

impl Schema {
    async fn make(url: &str) -> Self {
        let name = format!("ceiling_{}", Uuid::now_v7().simple());
        let mut with_schema: Url = url.parse().expect("a URL");
        let options = format!("sslmode=disable&options=-csearch_path%3D{name}");
        with_schema.set_query(Some(&options));
        let own = Self {
            url: with_schema.to_string(),
            name,
        };
        let mut writer = Writer::connect(&own.url).await.expect("connected");
        let tables = format!(
            "CREATE SCHEMA {0}; CREATE SEQUENCE {0}.numbers START 100; \
             CREATE TABLE {0}.said \
                 (id uuid PRIMARY KEY, number bigint UNIQUE, texts text[], others uuid[])",
            own.name
        );
        writer.run(tables).await.expect("made");
        own
    }

    async fn drop(self) {
        let mut writer = Writer::connect(&self.url).await.expect("connected");
        let drop = format!("DROP SCHEMA {} CASCADE", self.name);
        writer.run(drop).await.expect("dropped");
    }
}

#[tokio::test]
async fn what_is_heard_is_said_again_with_fresh_values() {
    let Some(url) = test_kit::database() else {
        return;
    };
    let schema = Schema::make(&url).await;
    let server: Url = url.parse().expect("a URL");
    let (host, port) = (server.host_str().expect("a host"), server.port());
    let address = format!("{host}:{}", port.unwrap_or(5432));
    let heard = Heard::default();
    let port = listen(address, heard.clone()).await.expect("listening");

    let mut through: Url = schema.url.parse().expect("a URL");
    through.set_host(Some("127.0.0.1")).expect("a host");
    through.set_port(Some(port)).expect("a port");
    let mut connection = PgConnection::connect(through.as_str())
        .await
        .expect("connected through it");
    heard.take();
    let say = sqlx::query(SAY)
        .bind(Uuid::now_v7())
        .bind(7_i64)
        .bind(vec![TEXT, "second"])
        .bind(vec![Uuid::now_v7()]);
    say.execute(&mut connection).await.expect("said");
    let (statements, round_trips) = heard.take();
    let heard: Vec<&str> = statements.iter().map(|own| own.sql.as_str()).collect();
    assert_eq!(heard, [SAY]);
    assert!((1..=2).contains(&round_trips), "{round_trips}");

    let mut writer = Writer::connect(&schema.url).await.expect("connected");
    let fresh = Fresh {
        values: vec![("7".to_owned(), "nextval('numbers')".to_owned())],
        identity: Some("gen_random_uuid()".to_owned()),
        part: None,
    };
    let mut script = Script::default();
    let added = writer.add(&mut script, &statements, &fresh).await;
    added.expect("a script");
    let bench = Bench {
        url: &schema.url,
        connections: 2,
        time: Duration::from_secs(1),
    };
    let (times, rate) = pgbench(bench, &[script.clone(), script])
        .await
        .expect("run");

    let count = "SELECT count(*)::text FROM said WHERE number >= 100";
    let rows: u64 = writer
        .text(count.to_owned())
        .await
        .expect("counted")
        .parse()
        .expect("a number");
    assert!(
        rows > 1 && times.len() == rows,
        "{rows} and {}",
        times.len()
    );
    assert!(rate > 0.0);
    let texts = "SELECT DISTINCT texts[1] FROM said".to_owned();
    assert_eq!(writer.text(texts).await.expect("one text"), TEXT);
    schema.drop().await;
}

//! What an operator does by hand.

use serde_json::{Value, json};

use crate::server::{Place, exists, text};

#[tokio::test]
async fn what_the_first_start_prints_works() {
    let place = Place::new();
    let server = place.start().await;
    let admin = server.admin();
    assert_eq!(
        admin.get("/api/v1/me").await.json()["role"]["kind"],
        "admin"
    );
    // The commands as a shell runs them; those with curl only where there is one.
    let printed = server.greeting.join("\n").replace("\\\n", "");
    let commands = printed.lines().map(str::trim);
    let commands: Vec<&str> = commands
        .filter(|line| line.starts_with("curl ") || line.starts_with("printf "))
        .collect();
    assert_eq!(commands.len(), 4, "{commands:?}");
    let curl = std::process::Command::new("curl")
        .arg("--version")
        .output()
        .is_ok();
    if !curl {
        println!("skipped: there is no curl to run what is printed");
    }
    for command in commands {
        if command.starts_with("curl") && !curl {
            continue;
        }
        let output = tokio::process::Command::new("sh")
            .args(["-c", command])
            // The tests' own servers, which the server at hand was not told of either.
            .env_remove("DATABASE_URL")
            .env_remove("REDIS_URL")
            .output()
            .await;
        let output = output.expect("a shell");
        assert!(output.status.success(), "{command}: {output:?}");
        if command.starts_with("curl") {
            let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert!(answer.get("code").is_none(), "{command}: {answer}");
        } else {
            crate::server::eventually("the ticket", || async {
                (admin.get("/api/v1/tickets/1").await.status == 200).then_some(())
            })
            .await;
        }
    }
    let ticket = admin.get("/api/v1/tickets/1").await.json();
    assert_eq!(ticket["message_count"], if curl { 2 } else { 1 });
}

#[tokio::test]
async fn a_later_start_prints_no_token_but_how_to_make_one() {
    let place = Place::new();
    let first = place.start().await;
    let token = first.token();
    first.signal("TERM").await;
    first.ended().await;
    let second = place.start().await;
    let greeting = second.greeting.join("\n");
    assert!(!greeting.contains("tkt_"), "{greeting}");
    assert!(
        greeting.contains("token --person admin@localhost"),
        "{greeting}"
    );
    assert_eq!(second.with(&token).get("/api/v1/me").await.status, 200);
    let made = place
        .print(&["token", "--person", "admin@localhost", "--days", "1"])
        .await;
    assert_eq!(second.with(made.trim()).get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn a_superuser_is_made_once_and_gets_a_new_token_each_time() {
    let place = Place::new();
    let make = [
        "createsuperuser",
        "--email",
        "Eve@Example.org",
        "--name",
        "Eve",
    ];
    let one = place.print(&make).await;
    let typed = place
        .run_with(&["createsuperuser"], b"eve@example.org\nEve\n")
        .await;
    let two = text(&typed.stdout);
    let server = place.start().await;
    let greeting = server.greeting.join("\n");
    assert!(
        !greeting.contains("Admin:"),
        "there is an admin already: {greeting}"
    );
    let me = |token: &str| {
        let client = server.with(token.trim());
        async move { client.get("/api/v1/me").await.json()["id"].clone() }
    };
    let id = me(&one).await;
    assert!(id.is_string());
    assert_eq!(id, me(&two).await);
    assert_ne!(one, two);
}

#[tokio::test]
async fn people_are_added_with_a_role_and_queues_that_there_are() {
    let place = Place::new();
    let server = place.start().await;
    let eve = [
        "person",
        "add",
        "--email",
        "eve@example.org",
        "--name",
        "Eve",
        "--role",
        "agent",
    ];
    let in_queue = |queue: &'static str| [&eve[..], &["--queue", queue]].concat();
    let without = place.run(&eve).await;
    assert!(
        text(&without.stderr).contains("at least one --queue"),
        "{without:?}"
    );
    let unknown = place.run(&in_queue("sales")).await;
    assert!(
        text(&unknown.stderr).contains("there are: support"),
        "{unknown:?}"
    );
    let id = place.print(&in_queue("support")).await;
    let again = place.run(&in_queue("support")).await;
    assert!(text(&again.stderr).contains("there already"), "{again:?}");
    let token = place.print(&["token", "--person", "eve@example.org"]).await;
    let me = server.with(token.trim()).get("/api/v1/me").await.json();
    assert_eq!(me["id"], id.trim());
    assert_eq!(me["role"]["queues"], json!(["support"]));
    let nobody = place.run(&["token", "--person", "bob@example.org"]).await;
    assert_eq!(nobody.status.code(), Some(1));
}

#[tokio::test]
async fn wrong_settings_are_refused_with_each_place() {
    let place = Place::new();
    let check = |name: &'static str, content: &'static str| {
        let file = place.path(name);
        std::fs::write(&file, content).expect("written");
        let place = &place;
        async move {
            let output = place
                .run(&["settings", "check", &file.to_string_lossy()])
                .await;
            (output.status.code(), text(&output.stderr))
        }
    };
    let (code, said) = check("a.toml", "nme = \"x\"").await;
    assert_eq!(code, Some(1));
    assert!(
        said.contains("unknown field `nme`") && said.contains("line 1"),
        "{said}"
    );
    let (_, said) = check("b.json", r#"{"mail": {"cap_count": "x"}}"#).await;
    assert!(said.contains("mail.cap_count"), "{said}");
    let (_, said) = check("c.toml", "name = \"\"\n[mail]\ncap_count = 0").await;
    assert!(
        said.contains("name:") && said.contains("mail.cap_count:"),
        "{said}"
    );
    let (_, said) = check("d.yaml", "").await;
    assert!(said.contains(".toml or .json"), "{said}");
    let (code, said) = check("e.toml", "name = \"Desk\"").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(!exists(&place.data()), "checking a file needs no database");
}

#[tokio::test]
async fn what_migrate_would_do_is_said_before() {
    let place = Place::new();
    assert_eq!(
        place.run(&["migrate", "--check"]).await.status.code(),
        Some(1)
    );
    assert!(!exists(&place.data()));
    place.print(&["migrate"]).await;
    assert_eq!(
        place.run(&["migrate", "--check"]).await.status.code(),
        Some(0)
    );
}

#[tokio::test]
async fn verify_counts_what_it_checked_and_finds_what_is_wrong() {
    use sqlx::Connection as _;
    let place = Place::new();
    let server = place.start().await;
    let new = json!({"queue": "support", "subject": "Hi", "text": "Hello."});
    assert_eq!(
        server.admin().post("/api/v1/tickets", new).await.status,
        201
    );
    let report: Value =
        serde_json::from_str(&place.print(&["verify", "--json"]).await).expect("JSON");
    assert_eq!(report["findings"], json!([]));
    assert_eq!(report["checked"]["tickets"], 1);
    assert_eq!(report["checked"]["messages"], 1);

    let file = format!("sqlite://{}", place.data().join("ticketd.db").display());
    let mut database = sqlx::sqlite::SqliteConnection::connect(&file)
        .await
        .expect("open");
    sqlx::query("PRAGMA foreign_keys = OFF")
        .execute(&mut database)
        .await
        .expect("off");
    sqlx::query("DELETE FROM messages")
        .execute(&mut database)
        .await
        .expect("deleted");
    let output = place.run(&["verify"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).contains("wrong: "), "{output:?}");
}

#[tokio::test]
async fn a_bad_start_says_why_and_leaves_nothing_behind() {
    let place = Place::new().with("TICKETD_SECRET_KEY", "changeme");
    let output = place.run(&["serve", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("TICKETD_SECRET_KEY is no good key"), "{said}");
    assert!(!said.contains("changeme"), "{said}");
    assert!(!exists(&place.data().join("ticketd.db")));

    let place = Place::new();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = busy.local_addr().expect("an address").to_string();
    let output = place.run(&["serve", "--listen", &address]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&address), "{output:?}");
    assert!(
        !text(&output.stdout).contains("tkt_"),
        "no token is lost: {output:?}"
    );

    let place = Place::new().with("TICKETD_SMTP_HOST", "mail.example.org");
    let place = place.with("TICKETD_SMTP_USER", "desk");
    let output = place.run(&["serve", "--listen", "127.0.0.1:0"]).await;
    assert!(
        text(&output.stderr).contains("TICKETD_SMTP_PASSWORD"),
        "{output:?}"
    );
}

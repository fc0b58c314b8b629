//! Tokens: what they are good for, and when they stop to be.

use std::time::Duration;

use ticket_core::authority::{Denial, TokenScope, TokenScopes};
use ticket_core::command::Open;
use ticket_core::desk::{Caller, DeskError, NewToken, Secret};
use ticket_core::person::{Person, Role};
use ticket_core::port::{Credential, Roster, Sessions};
use ticket_core::query::{PageRequest, Query};
use ticket_core::refusal::Refusal;
use ticket_core::settings::Settings;
use ticket_core::ticket::Digest;
use ticket_core::value::TicketId;

use crate::world::{World, body, days, id, open, person, read, refused};

fn token(scopes: &[TokenScope]) -> NewToken {
    NewToken {
        label: "laptop".to_owned(),
        scopes: scopes.iter().copied().collect(),
        expires_at: None,
    }
}

async fn issued(world: &World, name: &str, scopes: &[TokenScope]) -> (Secret, Credential) {
    let caller = world.as_(name).await;
    let issued = caller.issue_token(&id(name), token(scopes)).await;
    issued.expect("issued")
}

async fn authenticated(world: &World, secret: &Secret) -> Option<Caller> {
    let caller = world.desk.authenticate(&secret.reveal()).await;
    caller.expect("read")
}

async fn with(world: &World, name: &str, scopes: &[TokenScope]) -> Caller {
    let (secret, _) = issued(world, name, scopes).await;
    authenticated(world, &secret).await.expect("somebody")
}

#[tokio::test]
async fn a_token_stands_for_its_owner_until_it_ends() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let token = world
        .desk
        .issue_token(&id("grace"), "laptop", Some(days(1)))
        .await;
    let token = token.expect("issued");
    let caller = authenticated(&world, &token).await.expect("Grace");
    assert!(caller.history(ticket).await.is_ok());
    let link = world.desk.guest(&token.reveal()).await.expect("read");
    assert!(link.is_none(), "it is no link");
    world.clock.advance(days(1));
    assert!(authenticated(&world, &token).await.is_none());
    let nobody = world.desk.authenticate("tkt_x").await.expect("read");
    assert!(nobody.is_none());
    for owner in ["gone", "nobody"] {
        let issued = world.desk.issue_token(&id(owner), "laptop", None).await;
        refused(issued);
    }
}

/// S-28: what is stored is of no use to whoever reads it.
#[tokio::test]
async fn the_digest_of_a_token_is_no_token() {
    let world = World::new().await;
    let (secret, credential) = issued(&world, "grace", &[TokenScope::TicketsRead]).await;
    assert!(secret.reveal().starts_with("tkt_"));
    let digest = credential.digest;
    let letters = data_encoding::BASE32_NOPAD.encode(digest.bytes());
    for text in [
        digest.to_string(),
        format!("tkt_{}", letters.to_ascii_lowercase()),
    ] {
        let caller = world.desk.authenticate(&text).await.expect("read");
        assert!(caller.is_none(), "{text}");
    }
    let stored = format!("{credential:?}");
    assert!(!stored.contains(&secret.reveal()[4..]), "{stored}");
}

/// Everything that a caller does, each by itself.
async fn tried(caller: &Caller, ticket: TicketId) -> Vec<(&'static str, Result<(), DeskError>)> {
    let query = Query::default();
    let page = PageRequest::first(5);
    let own = caller.actor().id().cloned().expect("somebody");
    let opened: Open = open("Another", "Again.");
    vec![
        ("show", caller.show(ticket).await.map(drop)),
        ("find", caller.find(&query, &page).await.map(drop)),
        (
            "find own",
            caller.find_as_customer(&query, &page).await.map(drop),
        ),
        ("search", caller.search("printer", &page).await.map(drop)),
        ("count", caller.count(&query, 5).await.map(drop)),
        ("history", caller.history(ticket).await.map(drop)),
        ("notices", caller.notices(ticket).await.map(drop)),
        ("about", caller.about(ticket).await.map(drop)),
        ("present", caller.present(ticket).await.map(drop)),
        ("watch", caller.watch().await.map(drop)),
        (
            "watch a ticket",
            caller.watch_ticket(ticket, None).await.map(drop),
        ),
        ("open", caller.open(opened).await.map(drop)),
        ("reply", caller.reply(ticket, body("Yes.")).await.map(drop)),
        ("note", caller.note(ticket, body("Hm.")).await.map(drop)),
        (
            "retitle",
            caller.retitle(ticket, read("Jam")).await.map(drop),
        ),
        (
            "save settings",
            caller.save_settings(1, Settings::default()).await.map(drop),
        ),
        ("list tokens", caller.tokens(&own).await.map(drop)),
        (
            "issue",
            caller
                .issue_token(&own, token(&[TokenScope::Credentials]))
                .await
                .map(drop),
        ),
    ]
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_and_no_more() {
    let reads = [
        "show",
        "find",
        "find own",
        "search",
        "count",
        "history",
        "notices",
        "about",
        "present",
        "watch",
        "watch a ticket",
    ];
    let writes = ["open", "reply", "note", "retitle"];
    for scope in TokenScope::ALL.iter().copied() {
        let world = World::new().await;
        let ticket = world.opened("ada").await.ticket;
        let caller = with(&world, "root", &[scope]).await;
        for (what, answer) in tried(&caller, ticket).await {
            let allowed = match scope {
                TokenScope::TicketsRead => reads.contains(&what),
                TokenScope::TicketsWrite => reads.contains(&what) || writes.contains(&what),
                TokenScope::SettingsWrite => what == "save settings",
                TokenScope::Credentials => ["list tokens", "issue"].contains(&what),
                _ => false,
            };
            if allowed {
                answer.unwrap_or_else(|error| panic!("{what} by {scope}: {error}"));
            } else {
                let refusal = refused(answer);
                let missing = matches!(refusal, Refusal::Denied(Denial::ScopeMissing { .. }));
                assert!(missing, "{what} by {scope}: {refusal}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_of_lists_ends_with_the_right_to_read() {
    let world = World::new().await;
    let reader = with(&world, "grace", &[TokenScope::TicketsRead]).await;
    let other = with(&world, "grace", &[TokenScope::Credentials]).await;
    let mut list = reader.watch().await.expect("watched");
    world.opened("ada").await;
    refused(list.news(&other).await);
}

/// S-21: nobody makes a token that is good for more than what they came by, or for others.
#[tokio::test]
async fn no_token_makes_a_wider_one() {
    let world = World::new().await;
    let own = [TokenScope::Credentials, TokenScope::TicketsWrite];
    let caller = with(&world, "root", &own).await;
    for scope in TokenScope::ALL.iter().copied() {
        let made = caller.issue_token(&id("root"), token(&[scope])).await;
        let allowed = own.contains(&scope) || scope == TokenScope::TicketsRead;
        assert_eq!(made.is_ok(), allowed, "{scope}");
    }
    for name in ["ada", "grace", "lilo"] {
        let caller = world.as_(name).await;
        for owner in ["root", "hank"] {
            let made = caller.issue_token(&id(owner), token(&own)).await;
            assert_eq!(refused(made), Denial::AdminsOnly.into(), "{name}");
            assert_eq!(
                refused(caller.tokens(&id(owner)).await),
                Denial::AdminsOnly.into()
            );
            let digest = Digest::of(b"any");
            let revoked = caller.revoke_token(&id(owner), &digest).await;
            assert_eq!(refused(revoked), Denial::AdminsOnly.into(), "{name}");
        }
    }
}

#[tokio::test]
async fn tokens_are_listed_and_revoked_by_their_owner_and_by_admins() {
    let world = World::new().await;
    let (first, grace) = issued(&world, "grace", &[TokenScope::TicketsRead]).await;
    world.clock.advance(Duration::from_secs(1));
    let (second, other) = issued(&world, "grace", &[TokenScope::TicketsWrite]).await;
    let (_, hank) = issued(&world, "hank", &[TokenScope::TicketsRead]).await;
    let (owner, root) = (world.as_("grace").await, world.as_("root").await);
    for caller in [&owner, &root] {
        let listed = caller.tokens(&id("grace")).await.expect("listed");
        assert_eq!(listed, [grace.clone(), other.clone()]);
    }
    let not_own = owner.revoke_token(&id("grace"), &hank.digest).await;
    assert_eq!(refused(not_own).code(), "not_found");
    let revoked = owner.revoke_token(&id("grace"), &grace.digest).await;
    revoked.expect("revoked");
    assert!(authenticated(&world, &first).await.is_none(), "at once");
    assert!(authenticated(&world, &second).await.is_some());
    let again = owner.revoke_token(&id("grace"), &grace.digest).await;
    assert_eq!(refused(again).code(), "not_found");
    let revoked = root.revoke_token(&id("grace"), &other.digest).await;
    revoked.expect("revoked");
    assert!(authenticated(&world, &second).await.is_none());
    assert_eq!(owner.tokens(&id("grace")).await.expect("listed"), []);
    assert_eq!(root.tokens(&id("hank")).await.expect("listed"), [hank]);
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_refused() {
    let world = World::new().await;
    let caller = world.as_("grace").await;
    let good = token(&[TokenScope::TicketsRead]);
    let now = Some(ticket_core::port::Clock::now(&world.clock));
    let bad = [
        (
            "label",
            NewToken {
                label: String::new(),
                ..good.clone()
            },
        ),
        (
            "label",
            NewToken {
                label: "two\nlines".to_owned(),
                ..good.clone()
            },
        ),
        (
            "label",
            NewToken {
                label: "x".repeat(101),
                ..good.clone()
            },
        ),
        (
            "scopes",
            NewToken {
                scopes: TokenScopes::default(),
                ..good.clone()
            },
        ),
        (
            "expires_at",
            NewToken {
                expires_at: now,
                ..good.clone()
            },
        ),
    ];
    for (field, token) in bad {
        match refused(caller.issue_token(&id("grace"), token).await) {
            Refusal::Invalid(invalid) => assert_eq!(invalid.field, field),
            other => panic!("{field}: {other}"),
        }
    }
    assert_eq!(caller.tokens(&id("grace")).await.expect("listed"), []);
}

/// S-27: whoever is disabled, demoted or renamed needs new tokens, from the next request on.
#[tokio::test]
async fn a_token_ends_with_what_its_owner_was() {
    let role = |queues: &[&str], own_tickets_only| Role::Agent {
        queues: queues.iter().map(|key| read(key)).collect(),
        own_tickets_only,
    };
    let changed = |change: fn(&mut Person)| {
        let mut grace = person("grace");
        change(&mut grace);
        grace
    };
    let mut promoted = person("grace");
    promoted.role = role(&["support", "billing"], false);
    let mut moved = person("grace");
    moved.role = role(&["billing"], false);
    let mut limited = person("grace");
    limited.role = role(&["support"], true);
    let changes = [
        ("nothing", person("grace"), true),
        (
            "another name",
            changed(|own| own.name = "Gracie".to_owned()),
            true,
        ),
        (
            "a second address",
            changed(|own| own.addresses.push(read("g@x.example"))),
            true,
        ),
        ("more queues", promoted, true),
        ("an admin", changed(|own| own.role = Role::Admin), true),
        ("other queues", moved, false),
        ("own tickets only", limited, false),
        (
            "a customer",
            changed(|own| own.role = Role::Customer),
            false,
        ),
        ("inactive", changed(|own| own.active = false), false),
        (
            "another address",
            changed(|own| own.addresses = vec![read("g@x.example")]),
            false,
        ),
        ("no address", changed(|own| own.addresses.clear()), false),
    ];
    for (what, grace, is_good) in changes {
        let world = World::new().await;
        let (secret, _) = issued(&world, "grace", &[TokenScope::TicketsRead]).await;
        world.people.save_person(&grace).await.expect("saved");
        let caller = authenticated(&world, &secret).await;
        assert_eq!(caller.is_some(), is_good, "{what}");
    }
}

#[tokio::test]
async fn the_last_use_of_a_token_is_known_to_a_minute() {
    let world = World::new().await;
    let (secret, credential) = issued(&world, "grace", &[TokenScope::TicketsRead]).await;
    let begin = ticket_core::port::Clock::now(&world.clock);
    let second = Duration::from_secs(1);
    for (wait, expected) in [(0, 0), (59, 0), (1, 60), (30, 60), (300, 390)] {
        world.clock.advance(second * wait);
        authenticated(&world, &secret).await.expect("somebody");
        let found = world.store.credential(&credential.digest, begin).await;
        let used = found.expect("read").and_then(|own| own.last_used_at);
        assert_eq!(
            used,
            Some(begin.plus(second * expected)),
            "after {wait} s more"
        );
    }
}

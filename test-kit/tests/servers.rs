//! The private servers: that they do what their methods say, and are gone afterwards.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use test_kit::{Front, Postgres, PostgresOptions, Proxy, Redis, RedisOptions, Site, Stop};

#[test]
fn postgres_stops_restarts_and_survives_a_killed_backend() {
    let Some(mut postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    postgres.create_database("desk");
    postgres.ask_in(
        "desk",
        "create table kept (x int); insert into kept values (7)",
    );
    let address = postgres.address();
    postgres.stop(Stop::Immediate);
    assert!(TcpStream::connect(&address).is_err());
    postgres.restart();
    assert_eq!(postgres.ask_in("desk", "select x from kept"), "7");
    assert_eq!(postgres.address(), address);
    assert!(!postgres.kill9_backend(), "there is no client");
    assert_eq!(postgres.terminate_backends(), 0);
    assert_eq!(postgres.ask("show fsync"), "off");
}

#[test]
fn a_synchronous_standby_has_what_was_committed() {
    let Some(mut primary) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    let standby = Postgres::standby_of(&primary);
    primary.ask("alter system set synchronous_standby_names = 'standby'");
    primary.ask("select pg_reload_conf()");
    while primary.ask("select sync_state from pg_stat_replication") != "sync" {}
    primary.ask("create table kept (x int); insert into kept values (7)");
    assert_eq!(standby.ask("select pg_is_in_recovery()"), "t");
    primary.stop(Stop::Immediate);
    standby.promote();
    assert_eq!(standby.ask("select x from kept"), "7");
    standby.ask("insert into kept values (8)");
}

/// psql sends each command as one Query.
#[test]
fn round_trips_are_counted_on_the_wire() {
    let Some(postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    let socket = postgres.socket_folder().join(format!(
        ".s.PGSQL.{}",
        postgres.address().split_once(':').unwrap().1
    ));
    let proxy = Proxy::start(socket.display());
    let output = Command::new("psql")
        .args([
            "-X", "-q", "-At", "-c", "select 1", "-c", "select 2", "-c", "select 3",
        ])
        .arg(format!("postgres://postgres@{}/postgres", proxy.address()))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "1\n2\n3\n");
    assert_eq!(proxy.round_trips(), 3);
}

#[test]
fn redis_asks_for_its_password_and_forgets_at_a_restart() {
    let options = RedisOptions {
        password: Some("secret".into()),
        ..RedisOptions::default()
    };
    let Some(mut redis) = Redis::start(options) else {
        return;
    };
    assert_eq!(redis.command(&["SET", "key", "value"]), "+OK");
    let mut stranger = TcpStream::connect(redis.address()).unwrap();
    stranger.write_all(b"GET key\r\n").unwrap();
    let mut answer = [0; 7];
    stranger.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"-NOAUTH");
    redis.restart();
    assert_eq!(redis.command(&["GET", "key"]), "$-1");
}

#[test]
fn a_replica_of_redis_has_the_data_and_takes_no_writes() {
    let Some(primary) = Redis::start(RedisOptions::default()) else {
        return;
    };
    primary.command(&["SET", "key", "value"]);
    let replica = Redis::replica_of(&primary);
    assert_eq!(replica.command(&["GET", "key"]), "$5\r\nvalue");
    assert!(
        replica
            .command(&["SET", "key", "other"])
            .starts_with("-READONLY")
    );
}

#[test]
fn a_paused_redis_answers_when_it_goes_on() {
    let Some(redis) = Redis::start(RedisOptions::default()) else {
        return;
    };
    redis.pause();
    let mut stream = TcpStream::connect(redis.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(150)))
        .unwrap();
    stream.write_all(b"PING\r\n").unwrap();
    let mut answer = [0; 7];
    assert!(stream.read_exact(&mut answer).is_err());
    redis.resume();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
}

#[test]
fn redis_speaks_tls_only_if_it_is_told() {
    let Some(redis) = Redis::start(RedisOptions {
        tls: true,
        ..RedisOptions::default()
    }) else {
        return;
    };
    assert!(redis.url().starts_with("rediss://"));
    let authority = fs::read_to_string(redis.authority().unwrap()).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    assert_eq!(redis.command(&["PING"]), "+PONG");
    let mut plain = TcpStream::connect(redis.address()).unwrap();
    plain.write_all(b"PING\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"+PONG"), "plain TCP is not served");
}

/// The name of a test that only leaves servers behind, for the test that kills it.
const LEAVES_SERVERS: &str = "LEAVES_SERVERS";

#[test]
fn servers_end_when_the_tests_are_killed() {
    if std::env::var_os(LEAVES_SERVERS).is_some() {
        return leave_servers();
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "servers_end_when_the_tests_are_killed",
            "--nocapture",
        ])
        .env(LEAVES_SERVERS, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut byte = [0];
    let output = victim.stdout.as_mut().unwrap();
    while !said.ends_with(';') && output.read(&mut byte).unwrap() == 1 {
        said.push(byte[0].into());
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    let Some((_, left)) = said.trim_end_matches(';').split_once("LEFT ") else {
        return;
    };
    let [folder, postgres, redis] = left.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let killed = Instant::now();
    loop {
        let stays = [
            Path::new(folder).exists(),
            TcpStream::connect(postgres).is_ok(),
            TcpStream::connect(redis).is_ok(),
        ];
        if stays == [false; 3] {
            return;
        }
        assert!(
            killed.elapsed() < Duration::from_secs(20),
            "{left}: {stays:?}"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

fn leave_servers() {
    let Some(postgres) = Postgres::start(PostgresOptions::default()) else {
        return;
    };
    let Some(redis) = Redis::start(RedisOptions::default()) else {
        return;
    };
    print!(
        "LEFT {} {} {};",
        postgres.socket_folder().display(),
        postgres.address(),
        redis.address()
    );
    std::io::stdout().flush().unwrap();
    loop {
        thread::park();
    }
}

#[test]
fn a_front_listens_with_a_certificate_until_it_is_dropped() {
    let site = |site: &Site<'_>| {
        format!(
            "server {{ listen 127.0.0.1:{} ssl; ssl_certificate {}; ssl_certificate_key {}; }}",
            site.port,
            site.certificate().display(),
            site.key().display()
        )
    };
    let Some(front) = Front::nginx(site) else {
        return;
    };
    let address = front.address();
    assert!(TcpStream::connect(&address).is_ok(), "{}", front.logged());
    let authority = fs::read_to_string(front.authority()).unwrap();
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----"));
    drop(front);
    assert!(TcpStream::connect(&address).is_err());
}

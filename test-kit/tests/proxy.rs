//! Each way in which the proxy breaks a connection, as a client and a server see it.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use test_kit::{Mode, Proxy, Side};

/// A moment in which nothing is expected to come.
const MOMENT: Duration = Duration::from_millis(150);

/// A server that answers each piece it reads with the same bytes, and tells what it read.
fn echo() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, tell) = (stream.unwrap(), tell.clone());
            thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    let _ = tell.send(buffer[..read].to_vec());
                    let _ = stream.write_all(&buffer[..read]);
                }
                let _ = tell.send(Vec::new());
            });
        }
    });
    (address, told)
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn say(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn hear(stream: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    stream.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

fn round(stream: &mut TcpStream, text: &str) {
    say(stream, text);
    hear(stream, text);
}

fn is_reset(stream: &mut TcpStream) -> bool {
    stream
        .read(&mut [0; 16])
        .is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(MOMENT)).unwrap();
    let silent = stream
        .read(&mut [0; 16])
        .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    silent
}

#[test]
fn bytes_and_closes_pass() {
    let (address, told) = echo();
    let proxy = Proxy::start(address);
    let mut stream = connect(&proxy);
    round(&mut stream, "hello");
    assert_eq!(told.recv().unwrap(), b"hello");
    drop(stream);
    assert_eq!(
        told.recv_timeout(Duration::from_secs(5)).unwrap(),
        b"",
        "the server sees the close"
    );
    assert_eq!((proxy.accepted(), proxy.cuts()), (1, 0));
}

#[test]
fn refusing_resets_open_connections_and_new_ones() {
    let proxy = Proxy::start(echo().0);
    let mut open = connect(&proxy);
    round(&mut open, "hello");
    proxy.set(Mode::Refuse);
    assert!(is_reset(&mut open));
    assert!(is_reset(&mut connect(&proxy)));
    proxy.set(Mode::Pass);
    round(&mut connect(&proxy), "again");
}

#[test]
fn a_server_that_is_gone_is_a_reset() {
    let proxy = Proxy::start("127.0.0.1:1");
    assert!(is_reset(&mut connect(&proxy)));
}

#[test]
fn resetting_all_spares_those_to_come() {
    let proxy = Proxy::start(echo().0);
    let mut open = [connect(&proxy), connect(&proxy)];
    open.iter_mut().for_each(|stream| round(stream, "hello"));
    assert_eq!(proxy.open(), 2);
    proxy.reset_all();
    assert!(open.iter_mut().all(is_reset));
    round(&mut connect(&proxy), "again");
    assert_eq!(proxy.cuts(), 2);
}

#[test]
fn a_black_hole_answers_nobody_and_delivers_when_it_ends() {
    let (address, told) = echo();
    let proxy = Proxy::start(address);
    let mut open = connect(&proxy);
    round(&mut open, "hello");
    told.recv().unwrap();
    proxy.set(Mode::BlackHole);
    let mut new = connect(&proxy);
    say(&mut open, "lost?");
    say(&mut new, "lost?");
    assert!(is_silent(&mut open) && is_silent(&mut new));
    assert!(told.try_recv().is_err(), "the server hears nothing");
    proxy.set(Mode::Pass);
    hear(&mut open, "lost?");
    hear(&mut new, "lost?");
}

#[test]
fn a_black_hole_hides_that_a_client_went() {
    let (address, told) = echo();
    let proxy = Proxy::start(address);
    let mut open = connect(&proxy);
    round(&mut open, "hello");
    told.recv().unwrap();
    proxy.set(Mode::BlackHole);
    drop(open);
    assert!(told.recv_timeout(MOMENT).is_err(), "half open");
    proxy.set(Mode::Pass);
    assert_eq!(told.recv_timeout(Duration::from_secs(5)).unwrap(), b"");
}

#[test]
fn latency_holds_bytes_in_each_direction() {
    let proxy = Proxy::start(echo().0);
    let mut stream = connect(&proxy);
    round(&mut stream, "hello");
    proxy.set(Mode::Latency(Duration::from_millis(80)));
    let started = Instant::now();
    round(&mut stream, "hello");
    assert!(
        started.elapsed() >= Duration::from_millis(160),
        "{:?}",
        started.elapsed()
    );
    proxy.set(Mode::Latency(Duration::from_secs(3600)));
    say(&mut stream, "held");
    assert!(is_silent(&mut stream));
    proxy.set(Mode::Pass);
    hear(&mut stream, "held");
}

#[test]
fn bytes_come_one_by_one() {
    let proxy = Proxy::start(echo().0);
    let mut stream = connect(&proxy);
    proxy.set(Mode::OneByteEvery(Duration::from_millis(20)));
    let started = Instant::now();
    say(&mut stream, "slow");
    let mut one = [0; 16];
    assert_eq!(stream.read(&mut one).unwrap(), 1);
    hear(&mut stream, "low");
    assert!(
        started.elapsed() >= Duration::from_millis(100),
        "{:?}",
        started.elapsed()
    );
    proxy.set(Mode::OneByteEvery(Duration::from_secs(3600)));
    say(&mut stream, "held");
    assert!(is_silent(&mut stream));
    proxy.set(Mode::Pass);
    hear(&mut stream, "held");
}

#[test]
fn a_connection_is_cut_within_what_the_server_says() {
    let proxy = Proxy::start(echo().0);
    let mut stream = connect(&proxy);
    round(&mut stream, "before");
    proxy.set(Mode::CutAfterBytes(Side::Server, 3));
    say(&mut stream, "hello");
    hear_until_reset(stream, "hel");
    hear_until_reset(
        {
            let mut new = connect(&proxy);
            say(&mut new, "other");
            new
        },
        "oth",
    );
}

#[test]
fn a_connection_is_cut_within_what_the_client_says() {
    let (address, told) = echo();
    let proxy = Proxy::start(address);
    let mut stream = connect(&proxy);
    proxy.set(Mode::CutAfterBytes(Side::Client, 3));
    say(&mut stream, "hello");
    assert_eq!(told.recv().unwrap(), b"hel");
    assert!(told.recv().unwrap().is_empty(), "the server sees the end");
}

/// What arrives before a reset; the kernel may drop what the client has not read yet.
fn hear_until_reset(mut stream: TcpStream, text: &str) {
    let mut heard = Vec::new();
    let error = stream.read_to_end(&mut heard).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(text.as_bytes().starts_with(&heard), "{heard:?}");
}

#[test]
fn a_request_is_forwarded_and_its_connection_cut() {
    for mode in [
        Mode::CutAfterRequest(b"commit".to_vec()),
        Mode::LoseAnswer(b"commit".to_vec()),
    ] {
        let (address, told) = echo();
        let proxy = Proxy::start(address);
        let (mut chosen, mut other) = (connect(&proxy), connect(&proxy));
        proxy.set(mode);
        round(&mut chosen, "ping");
        told.recv().unwrap();
        round(&mut other, "other");
        told.recv().unwrap();
        say(&mut chosen, "com");
        hear(&mut chosen, "com");
        told.recv().unwrap();
        say(&mut chosen, "mit 7");
        assert!(is_reset(&mut chosen), "no answer comes");
        assert_eq!(told.recv().unwrap(), b"mit 7", "the server was asked");
        round(&mut other, "commit 8");
        round(&mut connect(&proxy), "commit 9");
        assert_eq!(proxy.cuts(), 1);
    }
}

/// The answer takes a while: one mode does not wait for it, the other does.
#[test]
fn a_cut_request_does_not_wait_and_a_lost_answer_does() {
    let answers = Duration::from_millis(300);
    for (mode, waits) in [
        (Mode::CutAfterRequest(Vec::new()), false),
        (Mode::LoseAnswer(Vec::new()), true),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            assert!(stream.read(&mut [0; 16]).unwrap() > 0);
            stream.set_nonblocking(true).unwrap();
            thread::sleep(answers);
            // The server finds its client there until it answered.
            let unaware = stream
                .read(&mut [0; 16])
                .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
            stream.write_all(b"done").unwrap();
            unaware
        });
        proxy.set(mode);
        let mut stream = connect(&proxy);
        let started = Instant::now();
        say(&mut stream, "commit");
        assert!(is_reset(&mut stream));
        assert_eq!(
            started.elapsed() >= answers,
            waits,
            "{:?}",
            started.elapsed()
        );
        assert!(server.join().unwrap(), "the server works on");
    }
}

#[test]
fn connections_to_come_go_where_the_proxy_points() {
    let ((first, told_first), (second, told_second)) = (echo(), echo());
    let proxy = Proxy::start(first);
    let mut open = connect(&proxy);
    round(&mut open, "first");
    proxy.repoint(second);
    round(&mut connect(&proxy), "second");
    round(&mut open, "still first");
    assert_eq!(told_first.try_iter().next().unwrap(), b"first");
    assert_eq!(told_second.try_iter().next().unwrap(), b"second");
}

#[test]
fn a_url_leads_through_the_proxy() {
    let proxy = Proxy::in_front_of("postgres://me:secret@db.example.org:7777/desk?sslmode=disable");
    let port = proxy.address().port();
    assert_eq!(
        proxy.url(),
        format!("postgres://me:secret@127.0.0.1:{port}/desk?sslmode=disable")
    );
    let proxy = Proxy::in_front_of("postgres://me@localhost/desk?host=/tmp/kit");
    let port = proxy.address().port();
    assert_eq!(proxy.url(), format!("postgres://me@127.0.0.1:{port}/desk"));
    let proxy = Proxy::in_front_of("redis://:secret@127.0.0.1/2");
    let port = proxy.address().port();
    assert_eq!(proxy.url(), format!("redis://:secret@127.0.0.1:{port}/2"));
}

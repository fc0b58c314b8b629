//! What the desk is told when the server does not take a letter.

use ticket_core::port::{Notifier as _, NotifyError};
use ticket_mail::sink::{Behaviour, Sink, Step};
use ticket_mail::{Credentials, SmtpNotifier, SmtpSettings};

use super::support::{Blobs, impatient, letter, notifier, settings};

fn answer(text: &str) -> Behaviour {
    Behaviour::Answer(text.to_owned())
}

#[tokio::test]
async fn refusals_of_the_letter_are_final_and_everything_else_is_not() {
    let cases = [
        (Step::Greeting, "554 5.3.2 no service", false),
        (Step::Greeting, "421 4.3.2 closing", false),
        (Step::Hello, "550 5.7.1 who are you", false),
        (Step::Mail, "550 5.1.0 sender refused", false),
        (Step::Mail, "451 4.3.0 later", false),
        (Step::Rcpt, "550 5.1.1 no such user", true),
        (Step::Rcpt, "450 4.2.0 greylisted", false),
        (Step::Rcpt, "452 4.2.2 mailbox full", false),
        (Step::Rcpt, "530 5.7.0 sign in first", false),
        (Step::Rcpt, "421 4.3.2 closing", false),
        (Step::Data, "554 5.7.1 content refused", true),
        (Step::Data, "451 4.3.0 later", false),
        (Step::Message, "552 5.3.4 too big", true),
        (Step::Message, "452 4.3.1 disk full", false),
    ];
    for (step, text, is_final) in cases {
        let sink = Sink::start().await.expect("a sink");
        let notifier = notifier(settings(&sink));
        sink.script(step, answer(text));
        let error = notifier.deliver(&letter()).await.expect_err(text);
        let (NotifyError::Never(told) | NotifyError::Later(told)) = &error else {
            unreachable!("there are two kinds")
        };
        assert!(told.contains(&text[..3]), "{told} does not say {text}");
        assert_eq!(
            matches!(error, NotifyError::Never(_)),
            is_final,
            "{step:?} {text}: {error}"
        );
        // The next letter goes out all the same.
        notifier.deliver(&letter()).await.expect("delivered");
        assert_eq!(sink.received().len(), 1, "{step:?} {text}");
    }
}

#[tokio::test]
async fn a_server_that_drops_or_stalls_is_asked_again_later() {
    let steps = [
        Step::Greeting,
        Step::Hello,
        Step::Mail,
        Step::Rcpt,
        Step::Data,
        Step::Message,
    ];
    for step in steps {
        for behaviour in [Behaviour::Drop, Behaviour::Stall] {
            let sink = Sink::start().await.expect("a sink");
            let notifier = notifier(impatient(&sink));
            sink.script(step, behaviour.clone());
            let found = notifier.deliver(&letter()).await;
            assert!(
                matches!(found, Err(NotifyError::Later(_))),
                "{step:?} {behaviour:?}: {found:?}"
            );
            assert!(sink.received().is_empty());
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again_later() {
    let sink = Sink::start().await.expect("a sink");
    let settings = settings(&sink);
    drop(sink);
    let found = notifier(settings).deliver(&letter()).await;
    assert!(matches!(found, Err(NotifyError::Later(_))), "{found:?}");
}

#[tokio::test]
async fn a_lost_answer_is_sent_again_under_the_same_id() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    sink.script(Step::Message, Behaviour::Drop);
    assert!(notifier.deliver(&letter()).await.is_err());
    notifier.deliver(&letter()).await.expect("delivered");
    let mail = super::support::parsed(&sink.received()[0]);
    assert_eq!(mail.message_id, Some(letter().message_id));
}

#[tokio::test]
async fn a_server_that_closes_after_its_yes_has_taken_the_letter() {
    let sink = Sink::start().await.expect("a sink");
    let notifier = notifier(settings(&sink));
    sink.script(Step::Message, Behaviour::ObeyThenDrop);
    notifier.deliver(&letter()).await.expect("delivered");
    notifier
        .deliver(&letter())
        .await
        .expect("delivered over a new connection");
    assert_eq!((sink.received().len(), sink.connections()), (2, 2));
}

#[tokio::test]
async fn passwords_are_shown_nowhere() {
    let sink = Sink::start().await.expect("a sink");
    let mut settings = settings(&sink);
    settings.credentials = Some(Credentials::new("desk", "hunter2"));
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(!format!("{settings:?}").contains("\"desk\""));
    let notifier = notifier(settings);
    notifier
        .deliver(&letter())
        .await
        .expect("signed in and delivered");
    notifier.close().await;
    sink.script(Step::Auth, answer("535 5.7.8 hunter2 is wrong"));
    let error = notifier.deliver(&letter()).await.expect_err("refused");
    assert!(matches!(error, NotifyError::Later(_)), "{error}");
    assert!(
        error.to_string().contains("535") && !error.to_string().contains("hunter2"),
        "{error}"
    );
}

#[test]
fn settings_that_can_not_work_are_refused_by_field() {
    let wrong = |change: fn(&mut SmtpSettings)| {
        let mut settings = SmtpSettings::new("mail.example.com");
        change(&mut settings);
        let blobs = std::sync::Arc::new(Blobs::default());
        SmtpNotifier::new(settings, blobs)
            .err()
            .map(|error| error.field)
    };
    assert_eq!(wrong(|_| {}), None);
    assert_eq!(wrong(|s| s.host = " ".to_owned()), Some("host"));
    assert_eq!(wrong(|s| s.host = "not a host".to_owned()), Some("host"));
    assert_eq!(
        wrong(|s| s.security = ticket_mail::Security::None),
        Some("security")
    );
    assert_eq!(wrong(|s| s.connections = 0), Some("connections"));
    assert_eq!(
        wrong(|s| s.hello = Some("a\r\nMAIL".to_owned())),
        Some("hello")
    );
    assert_eq!(wrong(|s| s.roots = vec![vec![1, 2, 3]]), Some("roots"));
}

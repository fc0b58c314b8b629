//! Settings are saved over what the caller saw, or not at all.

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{is_conflict, read, store};
use crate::notice::NoticeKind;
use crate::port::StoredSettings;
use crate::settings::{GuestPolicy, Settings, Wording};

fn named(name: &str) -> Settings {
    let mut settings = Settings {
        name: name.to_owned(),
        guests: GuestPolicy::Freely,
        ..Settings::default()
    };
    let wording = Wording {
        subject: "[{number}] \u{1f3ab} {subject}".to_owned(),
        intro: "Guten Tag,\n".to_owned(),
        outro: String::new(),
    };
    settings
        .notices
        .wording
        .insert(NoticeKind::Replied, wording);
    settings.notices.silent.push(NoticeKind::Noted);
    settings.mail.authserv_id = Some("mx.example.org".to_owned());
    for queue in &mut settings.queues {
        queue.address = read("Hilfe@Bücher.example");
    }
    settings
}

pub(super) async fn settings_are_kept_with_their_generation<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    assert_eq!(store.settings().await.expect("read"), None);
    assert_eq!(store.settings_generation().await.expect("read"), 0);
    for (seen, name) in [(0, "First"), (1, "Second"), (2, "Second")] {
        let settings = named(name);
        let generation = store.save_settings(seen, &settings).await.expect("saved");
        assert_eq!(generation, seen + 1);
        let stored = store.settings().await.expect("read");
        let expected = StoredSettings {
            generation,
            settings,
        };
        assert_eq!(stored, Some(expected));
        let generation = store.settings_generation().await.expect("read");
        assert_eq!(generation, seen + 1);
    }
}

pub(super) async fn settings_of_another_generation_are_refused<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    is_conflict(&store.save_settings(1, &named("None")).await, 0);
    assert_eq!(store.settings().await.expect("read"), None);
    for seen in [0, 1] {
        let saved = store.save_settings(seen, &named("Good")).await;
        saved.expect("saved");
    }
    for seen in [0, 1, 3] {
        is_conflict(&store.save_settings(seen, &named("Bad")).await, 2);
    }
    let stored = store.settings().await.expect("read").expect("there");
    assert_eq!((stored.generation, stored.settings), (2, named("Good")));
}

pub(super) async fn of_concurrent_savers_one_wins<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    for seen in 0..3 {
        let settings: Vec<Settings> = (0..8).map(|own| named(&format!("s{own}"))).collect();
        let saves = settings.iter().map(|own| store.save_settings(seen, own));
        let answers = join_all(saves).await;
        let won: Vec<usize> = (0..8).filter(|own| answers[*own].is_ok()).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        for lost in answers.iter().filter(|answer| answer.is_err()) {
            is_conflict(lost, seen + 1);
        }
        let stored = store.settings().await.expect("read").expect("there");
        assert_eq!(stored.settings, settings[won[0]]);
    }
}

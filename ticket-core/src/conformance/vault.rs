//! Sealed secrets.

use futures_util::future::join_all;

use super::StoreHarness;
use super::expect::{is_conflict, store};
use crate::port::{Sealed, Store};

async fn sealed(store: &dyn Store, names: &[&str]) -> Vec<Sealed> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut sealed = store.sealed(&names).await.expect("read");
    sealed.sort_by(|one, other| one.name.cmp(&other.name));
    sealed
}

pub(super) async fn a_sealed_secret_is_kept_byte_for_byte<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(sealed(&*store, &["own", "other"]).await, []);
    assert_eq!(store.seal("own", 0, &bytes).await.expect("kept"), 1);
    assert_eq!(store.seal("other", 0, b"x").await.expect("kept"), 1);
    let found = sealed(&*store, &["own", "other", "none"]).await;
    let kept = |name: &str, bytes: &[u8]| Sealed {
        name: name.to_owned(),
        generation: 1,
        bytes: bytes.to_vec(),
    };
    assert_eq!(found, [kept("other", b"x"), kept("own", &bytes)]);
    assert_eq!(sealed(&*store, &[]).await, []);

    let forget = async |name| store.forget_sealed(name).await.expect("answered");
    assert!(forget("own").await);
    assert!(!forget("own").await, "it is gone");
    assert_eq!(
        sealed(&*store, &["own", "other"]).await,
        [kept("other", b"x")]
    );
}

pub(super) async fn a_sealed_secret_is_replaced_by_whoever_saw_it<H: StoreHarness>(world: &H) {
    let store = store(world).await;
    is_conflict(&store.seal("own", 1, b"never").await, 0);
    assert_eq!(store.seal("own", 0, b"first").await.expect("kept"), 1);
    is_conflict(&store.seal("own", 0, b"again").await, 1);
    let writers = (0_u8..8).map(|own| {
        let store = &store;
        async move { store.seal("own", 1, &[own]).await }
    });
    let answers = join_all(writers).await;
    let won: Vec<&u64> = answers.iter().flatten().collect();
    assert_eq!(won, [&2], "of those who saw the same, one wins");
    let found = sealed(&*store, &["own"]).await;
    let winner = answers.iter().position(Result::is_ok).expect("one won");
    assert_eq!(found[0].bytes, [u8::try_from(winner).expect("few")]);
    assert_eq!(found[0].generation, 2);
}

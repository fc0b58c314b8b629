//! What was acknowledged is there after the store was closed and opened again.

use super::StoreHarness;
use super::everything::Everything;
use super::expect::{is_conflict, is_there_already, nothing_strays, store};
use super::maker::key;
use super::snapshot::Snapshot;
use crate::port::{CallSettlement, Settlement};
use crate::settings::Settings;
use crate::value::TenantId;

pub(super) async fn what_was_written_is_there_after_reopening<H: StoreHarness>(world: &H) {
    let handle = store(world).await;
    let other = world.tenant(TenantId::new(5)).await;
    let mut written = Everything::write(&*handle).await;
    Everything::write(&*other).await;
    let before = Snapshot::of(&*handle, &written.asked).await;
    let number = handle.next_number().await.expect("a number");
    drop((handle, other));
    let Some(world) = world.reopen().await else {
        return;
    };
    let handle = store(&world).await;
    Snapshot::of(&*handle, &written.asked)
        .await
        .is_same(&before);
    let other = world.tenant(TenantId::new(5)).await;
    Snapshot::of(&*other, &written.asked).await.is_same(&before);
    nothing_strays(&*handle).await;

    let next = handle.next_number().await.expect("a number");
    assert!(next > number, "numbers are not given again");
    let stale = written.make.change(&written.first.ticket).note("n").plan();
    is_conflict(&handle.commit(&stale, None).await, 2);
    let again = written.make.open(1).plan();
    is_there_already(&handle.commit(&again, None).await, "ticket");
    let own = key("ada", "k1", "open");
    let receipt = handle.commit(&again, Some(&own)).await.expect("answered");
    assert!(receipt.replayed, "keys are kept");
    let generation = handle.save_settings(1, &Settings::default()).await;
    assert_eq!(generation.expect("saved"), 2);
    let claim = &written.notice;
    let sent = Settlement::Sent {
        at: written.make.now(),
    };
    let settled = handle.settle_notice(claim.notice.id, claim.fence, &sent);
    assert!(settled.await.expect("answered"), "the claim is kept");
    let claim = &written.call;
    let log = Vec::new();
    let delivered = CallSettlement::Delivered {
        at: written.make.now(),
        log,
    };
    let settled = handle.settle_call(claim.call.id, claim.fence, &delivered);
    assert!(settled.await.expect("answered"), "this claim, too");
    is_conflict(&handle.seal("own", 0, b"x").await, 1);
    let next = written
        .make
        .change(&written.changed.ticket)
        .note("n")
        .plan();
    handle.commit(&next, None).await.expect("committed");
}

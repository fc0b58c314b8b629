//! Whoever listens hears of what is published, unless too slow.

use futures_util::future::join;

use super::EventBusHarness;
use super::maker::Maker;
use crate::port::Happening;
use crate::value::{TicketId, Version};

fn committed(make: &mut Maker, version: u64) -> Happening {
    Happening::Committed {
        ticket: TicketId::new(make.uuid()),
        version: Version::new(version),
    }
}

pub(super) async fn subscribers_hear_what_is_published<H: EventBusHarness>(world: &H) {
    let (bus, mut make) = (world.bus().await, Maker::new());
    let happenings = [committed(&mut make, 1), Happening::MailAccepted];
    let (mut one, mut two) = (bus.subscribe().await, bus.subscribe().await);
    for happening in happenings {
        bus.publish(happening).await;
    }
    for happening in happenings {
        assert_eq!(one.next().await, Some(happening), "in order");
        assert_eq!(two.next().await, Some(happening), "each hears it");
    }
}

pub(super) async fn subscribers_hear_nothing_from_before<H: EventBusHarness>(world: &H) {
    let (bus, mut make) = (world.bus().await, Maker::new());
    let (earlier, later) = (committed(&mut make, 1), committed(&mut make, 2));
    let mut witness = bus.subscribe().await;
    bus.publish(earlier).await;
    assert_eq!(witness.next().await, Some(earlier));
    let mut late = bus.subscribe().await;
    bus.publish(later).await;
    assert_eq!(late.next().await, Some(later));
}

pub(super) async fn a_waiting_subscriber_wakes<H: EventBusHarness>(world: &H) {
    let (bus, mut make) = (world.bus().await, Maker::new());
    let happening = committed(&mut make, 1);
    let mut listener = bus.subscribe().await;
    let (heard, ()) = join(listener.next(), bus.publish(happening)).await;
    assert_eq!(heard, Some(happening));
}

pub(super) async fn a_slow_subscriber_holds_nobody_up<H: EventBusHarness>(world: &H) {
    let (bus, mut make) = (world.bus().await, Maker::new());
    let mut slow = bus.subscribe().await;
    for version in 0..5_000 {
        bus.publish(committed(&mut make, version)).await;
    }
    let mut expected = 0;
    loop {
        match slow.next().await.expect("the bus is there") {
            Happening::Committed { version, .. } => {
                assert_eq!(version.get(), expected, "a gap is told of");
                expected += 1;
            }
            Happening::Missed => break,
            Happening::MailAccepted => unreachable!("nobody published that"),
        }
        if expected == 5_000 {
            break;
        }
    }
    let mut fresh = bus.subscribe().await;
    bus.publish(Happening::MailAccepted).await;
    loop {
        let heard = fresh.next().await.expect("the bus is there");
        if heard == Happening::MailAccepted {
            break;
        }
    }
    drop(slow);
    bus.publish(Happening::MailAccepted).await;
    assert_eq!(fresh.next().await, Some(Happening::MailAccepted));
}

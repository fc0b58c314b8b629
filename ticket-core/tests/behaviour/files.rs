//! Files that come with messages: only those that were stored, with their size.

use ticket_core::command::{Command, Note, Reply};
use ticket_core::desk::DeskError;
use ticket_core::plan::Receipt;
use ticket_core::port::BlobStore;
use ticket_core::refusal::Refusal;
use ticket_core::ticket::{Attachment, Digest};
use ticket_core::value::TicketId;

use crate::world::{World, body, open, refused};

async fn stored(world: &World) -> Attachment {
    let bytes = b"a photo";
    let mut blob = world.store.new_blob().await.expect("a blob");
    blob.write(bytes).await.expect("written");
    let (digest, size) = blob.finish().await.expect("stored");
    Attachment {
        name: "photo.txt".into(),
        media_type: "text/plain".into(),
        size,
        digest,
        content_id: None,
    }
}

fn reply(file: &Attachment) -> Command {
    let mut reply = Reply::from(body("Look."));
    reply.attachments = vec![file.clone()];
    Command::Reply(reply)
}

fn note(file: &Attachment) -> Command {
    let mut note = Note::from(body("Look."));
    note.attachments = vec![file.clone()];
    Command::Note(note)
}

/// What each way to bring a file in answers.
async fn ways(
    world: &World,
    on: TicketId,
    file: &Attachment,
) -> [(&'static str, Result<Receipt, DeskError>); 4] {
    let mut opening = open("Jam", "Stuck.");
    opening.attachments = vec![file.clone()];
    [
        ("open", world.open("ada", opening).await),
        ("reply", world.asks("ada", on, reply(file)).await),
        ("team's reply", world.asks("grace", on, reply(file)).await),
        ("note", world.asks("grace", on, note(file)).await),
    ]
}

#[tokio::test]
async fn files_that_were_not_stored_with_their_size_are_refused() {
    let world = World::new().await;
    let ticket = world.opened("ada").await.ticket;
    let before = world.ticket(ticket).await.version;
    let good = stored(&world).await;
    let unknown = Attachment {
        digest: Digest::of(b"nobody stored this"),
        ..good.clone()
    };
    let longer = Attachment {
        size: good.size + 1,
        ..good.clone()
    };
    for bad in [unknown, longer] {
        for (way, answer) in ways(&world, ticket, &bad).await {
            match refused(answer) {
                Refusal::Invalid(invalid) => {
                    assert!(invalid.to_string().contains("attachments"), "{way}");
                    assert!(invalid.to_string().contains("photo.txt"), "{way}");
                }
                other => panic!("{way}: {other:?}"),
            }
        }
    }
    assert_eq!(world.ticket(ticket).await.version, before);
    for (way, answer) in ways(&world, ticket, &good).await {
        assert!(answer.is_ok(), "{way}: {answer:?}");
    }
    let report = world.desk.verify().await.expect("a report");
    assert_eq!((report.checked["files"], report.findings.len()), (4, 0));
}

//! Bytes are kept under their digest.

use futures_util::future::join_all;

use super::BlobStoreHarness;
use super::chance::Chance;
use crate::port::BlobStore;
use crate::ticket::Digest;

/// Larger than any buffer or page of a store.
const LARGE: usize = 3 * 1024 * 1024 + 17;

async fn put(blobs: &dyn BlobStore, pieces: &[&[u8]]) -> (Digest, u64) {
    let mut writer = blobs.new_blob().await.expect("begun");
    for piece in pieces {
        writer.write(piece).await.expect("written");
    }
    writer.finish().await.expect("finished")
}

/// Reads a blob from its beginning to its end.
async fn read_all(blobs: &dyn BlobStore, digest: &Digest, limit: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let offset = u64::try_from(bytes.len()).expect("small");
        let part = blobs.read_blob(digest, offset, limit).await;
        let part = part.expect("read").expect("the blob is there");
        assert!(part.len() <= usize::try_from(limit).expect("small"));
        if part.is_empty() {
            return bytes;
        }
        bytes.extend(part);
    }
}

async fn size(blobs: &dyn BlobStore, digest: &Digest) -> Option<u64> {
    blobs.blob_size(digest).await.expect("read")
}

fn random_bytes(count: usize) -> Vec<u8> {
    let mut chance = Chance::new(3);
    let byte = |_| u8::try_from(chance.below(256)).expect("a byte");
    (0..count).map(byte).collect()
}

pub(super) async fn a_blob_is_written_in_pieces<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let pieces = [&b"ab"[..], b"", b"cde", b"\0\xff"];
    let (digest, length) = put(&*blobs, &pieces).await;
    assert_eq!(digest, Digest::of(b"abcde\0\xff"));
    assert_eq!(length, 7);
    assert_eq!(size(&*blobs, &digest).await, Some(7));
    assert_eq!(read_all(&*blobs, &digest, 100).await, b"abcde\0\xff");
    assert_eq!(read_all(&*blobs, &digest, 1).await, b"abcde\0\xff");
}

pub(super) async fn a_part_of_a_blob_is_read<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let (digest, _) = put(&*blobs, &[b"0123456789"]).await;
    let part = async |offset, limit| {
        let part = blobs.read_blob(&digest, offset, limit).await;
        part.expect("read").expect("the blob is there")
    };
    assert_eq!(part(9, 5).await, b"9");
    assert_eq!(part(10, 5).await, b"", "at the end");
    assert_eq!(part(11, 5).await, b"", "past the end");
    assert_eq!(part(u64::MAX, u32::MAX).await, b"", "far past the end");
    let middle = part(3, 4).await;
    assert!(
        !middle.is_empty() && b"3456".starts_with(&middle),
        "{middle:?}"
    );
}

pub(super) async fn an_empty_blob_is_a_blob<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let empty = Digest::of(b"");
    assert_eq!(size(&*blobs, &empty).await, None, "not before it is stored");
    assert_eq!(put(&*blobs, &[]).await, (empty, 0));
    assert_eq!(size(&*blobs, &empty).await, Some(0));
    let read = blobs.read_blob(&empty, 0, 10).await.expect("read");
    assert_eq!(read, Some(Vec::new()));
}

pub(super) async fn a_large_blob_is_kept_byte_for_byte<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let bytes = random_bytes(LARGE);
    let pieces: Vec<&[u8]> = bytes.chunks(70_001).collect();
    let (digest, length) = put(&*blobs, &pieces).await;
    assert_eq!(digest, Digest::of(&bytes));
    assert_eq!(length, u64::try_from(LARGE).expect("small"));
    assert_eq!(size(&*blobs, &digest).await, Some(length));
    let found = read_all(&*blobs, &digest, 100_003).await;
    assert!(found == bytes, "the bytes differ");
    let (whole, _) = put(&*blobs, &[&bytes]).await;
    assert_eq!(whole, digest, "however it was cut");
}

pub(super) async fn the_same_bytes_are_stored_once<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let first = put(&*blobs, &[b"same"]).await;
    let writes = (0..8).map(|_| put(&*blobs, &[b"sa", b"me"]));
    for again in join_all(writes).await {
        assert_eq!(again, first);
    }
    assert_eq!(read_all(&*blobs, &first.0, 10).await, b"same");
}

pub(super) async fn a_dropped_writer_leaves_nothing<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let bytes = random_bytes(300_000);
    let mut writer = blobs.new_blob().await.expect("begun");
    writer.write(&bytes).await.expect("written");
    let digest = Digest::of(&bytes);
    assert_eq!(size(&*blobs, &digest).await, None, "not finished");
    drop(writer);
    assert_eq!(size(&*blobs, &digest).await, None);
    assert_eq!(blobs.read_blob(&digest, 0, 1).await.expect("read"), None);
    put(&*blobs, &[&bytes]).await;
    assert!(read_all(&*blobs, &digest, 1 << 20).await == bytes);
}

pub(super) async fn two_writers_do_not_mix<H: BlobStoreHarness>(world: &H) {
    let blobs = world.blobs().await;
    let mut one = blobs.new_blob().await.expect("begun");
    let mut two = blobs.new_blob().await.expect("begun");
    for _ in 0..3 {
        one.write(b"one").await.expect("written");
        two.write(b"two").await.expect("written");
    }
    let (one, two) = (one.finish().await, two.finish().await);
    assert_eq!(one.expect("finished").0, Digest::of(b"oneoneone"));
    assert_eq!(two.expect("finished").0, Digest::of(b"twotwotwo"));
}

//! Uploads that meet what others left or hold, and such as fail.

use test_kit::Proxy;
use ticket_core::port::{BlobStore, StoreError};
use ticket_core::value::TenantId;
use ticket_postgres::PostgresTenant;

use crate::world::{World, run};

/// More than one chunk.
const LARGE: usize = 300 * 1024;

async fn upload(desk: &PostgresTenant) -> Result<u64, StoreError> {
    let mut blob = desk.new_blob().await?;
    blob.write(&[7; LARGE]).await?;
    let (digest, size) = blob.finish().await?;
    assert_eq!(desk.blob_size(&digest).await?, Some(size));
    Ok(size)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_stops_no_upload() {
    let Some(world) = World::new() else { return };
    let desk = world.desk().await;
    let left = "INSERT INTO uploads (tenant, upload, touched_at) \
                SELECT 0, gen_random_uuid(), now() - interval '25 hours' FROM generate_series(1, 6); \
                INSERT INTO chunks (tenant, upload, place, bytes) \
                SELECT tenant, upload, 0, '\\x00' FROM uploads";
    world.run(left).await;
    // Another node is about to remove them.
    let mut other = world.other().await;
    run(&mut other, "BEGIN; SELECT 1 FROM uploads FOR UPDATE").await;
    assert_eq!(upload(&desk).await.expect("uploaded"), LARGE as u64);
    run(&mut other, "ROLLBACK").await;

    for _ in 0..2 {
        upload(&desk).await.expect("uploaded");
    }
    assert_eq!(world.number("SELECT count(*) FROM uploads").await, 0);
    let chunks = world.number("SELECT count(*) FROM chunks").await;
    assert_eq!(chunks, 2, "those of the one blob");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_lost_a_part_is_no_blob() {
    let Some(world) = World::new() else { return };
    world.store().await.close().await;
    let proxy = Proxy::in_front_of(world.url());
    let mut url: url::Url = proxy.url().parse().expect("a URL");
    url.query_pairs_mut().append_pair("sslmode", "disable");
    let store = world.options_at(url.as_str()).connect().await;
    let desk = store.expect("a store").tenant(TenantId::default());

    let mut blob = desk.new_blob().await.expect("begun");
    blob.write(&[1; LARGE]).await.expect("written");
    proxy.reset_all();
    blob.write(&[2; LARGE]).await.expect_err("cut");
    // Whoever goes on all the same gets no digest of what is not there.
    drop(blob.write(&[3; LARGE]).await);
    let error = blob.finish().await.expect_err("not whole");
    assert!(matches!(error, StoreError::Backend { .. }), "{error:?}");
    assert_eq!(world.number("SELECT count(*) FROM blobs").await, 0);
}

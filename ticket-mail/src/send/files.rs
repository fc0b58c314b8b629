//! The bytes of a letter's files.

use std::fmt::Write as _;

use ticket_core::port::{BlobStore, NotifyError};
use ticket_core::ticket::Attachment;

/// How many bytes are asked for at a time.
const PIECE: u32 = 1024 * 1024;

/// A file to attach.
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

/// Loads files while they fit into `max` bytes together; the others are named in a last file.
pub(super) async fn load(
    blobs: &dyn BlobStore,
    attachments: &[Attachment],
    max: u64,
) -> Result<Vec<File>, NotifyError> {
    let mut files = Vec::with_capacity(attachments.len());
    let mut left = max;
    let mut omitted = String::new();
    for attachment in attachments {
        if attachment.size > left {
            // Writing to a String can't fail.
            let _ = writeln!(omitted, "{} ({} bytes)", attachment.name, attachment.size);
            continue;
        }
        left -= attachment.size;
        files.push(File {
            name: attachment.name.to_string(),
            media_type: attachment.media_type.to_string(),
            bytes: bytes(blobs, attachment).await?,
        });
    }
    if !omitted.is_empty() {
        files.push(File {
            name: "files-left-out.txt".to_owned(),
            media_type: "text/plain; charset=utf-8".to_owned(),
            bytes: format!("Too large for a mail:\n\n{omitted}").into_bytes(),
        });
    }
    Ok(files)
}

async fn bytes(blobs: &dyn BlobStore, attachment: &Attachment) -> Result<Vec<u8>, NotifyError> {
    let mut bytes = Vec::new();
    loop {
        let at = bytes.len() as u64;
        if at > attachment.size {
            return Err(NotifyError::Later(
                "a file is larger than it should be".to_owned(),
            ));
        }
        let piece = blobs
            .read_blob(&attachment.digest, at, PIECE)
            .await
            .map_err(|error| NotifyError::Later(format!("a file can't be read: {error}")))?
            .ok_or_else(|| NotifyError::Later("a file is not in the blob store".to_owned()))?;
        if piece.is_empty() {
            return Ok(bytes);
        }
        bytes.extend(piece);
    }
}

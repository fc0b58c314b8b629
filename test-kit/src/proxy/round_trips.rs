//! Counts what a client of PostgreSQL waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a client asks before it starts up: TLS, or encryption by GSSAPI.
const ASKS_FOR_ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];

/// Follows the messages of one client, however they are split, and counts Sync and Query.
///
/// A client that does not begin as one of PostgreSQL is not followed.
#[derive(Debug)]
pub(super) struct RoundTrips {
    count: Arc<AtomicU64>,
    at: At,
    head: Vec<u8>,
    skip: usize,
}

#[derive(Debug, PartialEq)]
enum At {
    Startup,
    Messages,
    Foreign,
}

impl RoundTrips {
    pub(super) fn new(count: Arc<AtomicU64>) -> Self {
        Self {
            count,
            at: At::Startup,
            head: Vec::new(),
            skip: 0,
        }
    }

    pub(super) fn see(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.at != At::Foreign {
            if self.skip > 0 {
                let part = self.skip.min(bytes.len());
                self.skip -= part;
                bytes = &bytes[part..];
                continue;
            }
            self.head.push(bytes[0]);
            bytes = &bytes[1..];
            match self.at {
                At::Startup => self.startup(),
                At::Messages => self.message(),
                At::Foreign => {}
            }
        }
    }

    /// Its head: a length that counts itself, and a version or a request.
    fn startup(&mut self) {
        let Ok(head) = <[u8; 8]>::try_from(self.head.as_slice()) else {
            return;
        };
        self.head.clear();
        let (length, code) = (number(&head[..4]), number(&head[4..]));
        if code >> 16 == 3 && length >= 8 {
            self.skip = length as usize - 8;
            self.at = At::Messages;
        } else if !ASKS_FOR_ENCRYPTION.contains(&code) {
            self.at = At::Foreign;
        }
    }

    /// Its head: a letter, and a length that counts itself.
    fn message(&mut self) {
        let Ok(head) = <[u8; 5]>::try_from(self.head.as_slice()) else {
            return;
        };
        self.head.clear();
        if matches!(head[0], b'S' | b'Q') {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
        self.skip = (number(&head[1..]) as usize).saturating_sub(4);
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Startup after a question for TLS, then Parse, Describe and Sync, Bind and Sync, and a Query.
    fn conversation() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 8, 4, 210, 22, 47];
        bytes.extend([0, 0, 0, 16, 0, 3, 0, 0]);
        bytes.extend(b"SSSSSSSS");
        for (letter, body) in [
            (b'P', &b"SQSQ"[..]),
            (b'D', b"S"),
            (b'S', b""),
            (b'B', b"QQQ"),
            (b'S', b""),
            (b'Q', b"select 1\0"),
        ] {
            bytes.push(letter);
            bytes.extend((body.len() as u32 + 4).to_be_bytes());
            bytes.extend(body);
        }
        bytes
    }

    #[test]
    fn syncs_and_queries_count_however_the_bytes_are_split() {
        let bytes = conversation();
        for size in 1..=bytes.len() {
            let mut trips = RoundTrips::new(Arc::default());
            bytes.chunks(size).for_each(|part| trips.see(part));
            assert_eq!(trips.count.load(Ordering::SeqCst), 3, "in parts of {size}");
        }
    }

    #[test]
    fn other_protocols_do_not_count() {
        let mut trips = RoundTrips::new(Arc::default());
        trips.see(b"*1\r\n$4\r\nPING\r\nSQSQSQSQSQSQSQ");
        assert_eq!(trips.count.load(Ordering::SeqCst), 0);
    }
}

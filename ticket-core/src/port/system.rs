//! Time and chance.

use uuid::Uuid;

use crate::value::Timestamp;

/// Tells the time.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The instant now.
    fn now(&self) -> Timestamp;
}

/// Makes identities and secrets.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Ids: Send + Sync {
    /// A UUID that nothing has; version 7 keeps indexes dense.
    fn uuid(&self) -> Uuid;

    /// 256 bits that nobody can guess.
    fn secret(&self) -> [u8; 32];
}

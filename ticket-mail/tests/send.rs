//! Letters over a real connection to the sink.
#![expect(
    clippy::expect_used,
    reason = "a test may fail loudly and print what it found"
)]

mod send {
    mod form;
    mod hostile;
    mod pool;
    mod refusal;
    pub(crate) mod support;
    mod tls;
}

//! Letters over a real connection to the sink.

mod send {
    mod form;
    mod hostile;
    mod pool;
    mod refusal;
    pub(crate) mod support;
    mod tls;
}

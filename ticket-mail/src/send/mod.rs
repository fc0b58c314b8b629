//! SMTP out.

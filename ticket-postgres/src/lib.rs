//! The support desk on PostgreSQL.

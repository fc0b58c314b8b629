#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod authenticate;
mod frame;
mod input;
mod live;
mod me;
mod problem;
mod router;
mod ticket;

pub use authenticate::{Authenticate, BearerTokens, HostIdentity, Identity};
pub use live::Live;
pub use problem::{Problem, ProblemKind};
pub use router::{router, router_with};

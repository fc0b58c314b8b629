#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod answer;
mod authenticate;
mod document;
mod frame;
mod input;
mod live;
mod me;
mod problem;
mod reference;
mod router;
mod ticket;

pub use authenticate::{Authenticate, BearerTokens, HostIdentity, Identity, Scheme};
pub use live::Live;
pub use problem::{Problem, ProblemKind};
pub use router::{Part, RouterBuilder, router};

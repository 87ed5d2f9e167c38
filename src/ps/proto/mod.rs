//! The protocol as pure state machines: events go in, commands come out. No sockets, clock, threads, settings
//! from outside or logging; a test can run a whole cluster in one loop and a seed repeats it exactly.
//!
//! [`Worker`], [`Server`] and [`Scheduler`] are put together from small parts, each of which has one concern:
//!
//! | part | concern |
//! |---|---|
//! | `post` | numbering, encoding, addressing; decoding, checking, refusing |
//! | `membership` | who is in the cluster |
//! | `join`, `registry` | becoming a member, as the node and as the scheduler see it |
//! | `barrier_call`, `barrier` | barriers, likewise |
//! | `liveness`, `losses` | who is dead, and when others stop waiting for it |
//! | `requests`, `service` | requests to servers, as the worker and as the server see them |
//! | `redelivery`, `dedup` | messages that get lost or come twice |
//! | `shutdown` | leaving |
//!
//! `docs/cluster.md` tells the whole story.

mod barrier;
mod barrier_call;
mod dedup;
mod event;
mod join;
mod liveness;
mod losses;
mod membership;
mod post;
mod redelivery;
mod refusal;
mod registry;
mod requests;
mod scheduler;
mod server;
mod service;
mod settings;
mod shutdown;
mod status;
mod time;
mod worker;

pub use event::{CallId, Command, Event, HostCall, Machine, Notice, Outcome};
pub use membership::{Member, Members};
pub use post::Post;
pub use refusal::{Counters, Refusal};
pub use requests::{Answers, Body, Request};
pub use scheduler::{Scheduler, SchedulerCall};
pub use server::{Server, ServerCall};
pub use settings::{Settings, Timing};
pub use status::StartStatus;
pub use time::Time;
pub use worker::{Worker, WorkerCall};

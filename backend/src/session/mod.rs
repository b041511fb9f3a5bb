//! Who is signed in, and the store of sessions.

mod cookie;
mod redis_link;
mod redis_store;
mod renewals;
mod sealed_cookie;
mod sessions;
mod state;
mod store;

pub(crate) use redis_store::RedisStore;
pub(crate) use renewals::Recent;
pub(crate) use sealed_cookie::SealedCookie;
pub(crate) use sessions::{Current, Lifetimes, Sessions};
pub(crate) use state::{Login, Session};
pub(crate) use store::{Listed, Owner, SessionStore, SharedStore};

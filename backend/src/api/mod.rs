//! The APIs behind this backend: which parts of a request go to them, to which URL, and which parts of their answers come back.

mod apis;
mod body;
mod client;
mod credentials;
pub(crate) mod destination;
mod forward;
mod headers;
mod path;
mod websocket;

pub(crate) use apis::Apis;
pub(crate) use credentials::Credentials;
pub(crate) use forward::forward;
pub(crate) use websocket::{Ending, is_handshake};

//! The destination of a tab's requests, and the record of them.

use super::clock::Clock;
use crate::protocol::error::Error;
use crate::protocol::http::{Purpose, Request, Response};

/// A destination that answers the requests of a tab: a [`FakeProvider`](super::FakeProvider), or a function.
pub trait Network: 'static {
    /// The answer to `request`.
    ///
    /// # Errors
    /// `network_failed` or `timed_out`: the failure to simulate.
    fn answer(&self, request: &Request) -> Result<Response, Error>;

    /// Called when a tab is connected: `clock` is the clock of its browser.
    fn keep_time(&self, clock: &Clock) {
        let _ = clock;
    }
}

impl<F: Fn(&Request) -> Result<Response, Error> + 'static> Network for F {
    fn answer(&self, request: &Request) -> Result<Response, Error> {
        self(request)
    }
}

/// A request that a tab has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The purpose of the request.
    pub purpose: Purpose,
    /// The URL of the request.
    pub url: String,
    /// The body of a POST.
    pub body: Option<String>,
}

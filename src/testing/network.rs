//! What a tab's requests go to, and what is kept of them.

use super::tab::Clock;
use crate::protocol::error::Error;
use crate::protocol::http::{Purpose, Request, Response};

/// What answers the requests of a tab: a [`FakeProvider`](super::FakeProvider), or a function.
pub trait Network: 'static {
    /// The answer to `request`.
    ///
    /// # Errors
    /// `network_failed`, `timed_out`: as the request is to fail.
    fn answer(&self, request: &Request) -> Result<Response, Error>;

    /// Called when a tab is connected: `clock` is that of its browser.
    fn keep_time(&self, clock: &Clock) {
        let _ = clock;
    }
}

impl<F: Fn(&Request) -> Result<Response, Error> + 'static> Network for F {
    fn answer(&self, request: &Request) -> Result<Response, Error> {
        self(request)
    }
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What it was for.
    pub purpose: Purpose,
    /// Where it went.
    pub url: String,
    /// The body of a POST.
    pub body: Option<String>,
}

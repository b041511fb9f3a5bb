//! The state of a session whose tokens the page keeps.

use std::rc::Rc;

use super::State;
use crate::client::session::moment::Moment;
#[cfg(feature = "dpop")]
use crate::client::session::snapshot::Session;
use crate::client::session::snapshot::Status;
use crate::client::session::target::Target;
use crate::client::session::tokens::Tokens;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::http::Request;
use crate::protocol::secret::Secret;

impl State {
    /// Another session begins: a login succeeded, or the store contains the session of another tab or an earlier page. It may
    /// be another user's, so it overtakes all work on behalf of the session before.
    pub(crate) fn begin(&self, tokens: Tokens) {
        self.timeline.session_changes();
        self.go_on(tokens);
    }

    /// The session continues with renewed tokens.
    pub(crate) fn go_on(&self, tokens: Tokens) {
        self.session.replace(Rc::new(tokens.snapshot()));
        self.due.set(tokens.due());
        self.tokens.replace(Some(tokens));
    }

    /// If the server sent another refresh token, it accepts no other from now on (RFC 6749 §6). Returns whether it did.
    pub(crate) fn rotate(&self, refresh_token: Option<&Secret>) -> bool {
        if let Some(tokens) = self.tokens.borrow_mut().as_mut() {
            tokens.rotate(refresh_token);
        }
        refresh_token.is_some()
    }

    /// The server has refused to renew the tokens while the access token is still valid: the session lasts until that expires.
    pub(crate) fn refuse(&self) {
        self.go_from(Status::Stale, Status::SignedIn);
        if let Some(tokens) = self.tokens.borrow_mut().as_mut() {
            tokens.refuse();
            self.due.set(tokens.due());
        }
    }

    /// The session expires if its access token has, and if there is no refresh token: only a new login brings another token.
    pub(crate) fn expire(&self, now: Moment) {
        if self.is_due(now) && self.of_tokens(Tokens::can_renew) == Some(false) {
            self.due.take();
            self.go_from(Status::SignedIn, Status::Expired);
        }
    }

    /// The tokens of `session` are unusable, and were dropped: only a new login brings others.
    #[cfg(feature = "dpop")]
    pub(crate) fn expire_as(&self, session: &Session) {
        self.session.replace(Rc::new(Session { status: Status::Expired, ended_by: None, ..session.clone() }));
    }

    /// Whether the client renews the access token before it expires: there is a refresh token, and the server has not refused it.
    pub(crate) fn may_renew(&self) -> bool {
        self.of_tokens(|tokens| tokens.can_renew() && !tokens.are_refused()).unwrap_or_default()
    }

    /// Reads the present tokens. `None` if there are none.
    pub(crate) fn of_tokens<T>(&self, read: impl FnOnce(&Tokens) -> T) -> Option<T> {
        self.tokens.borrow().as_ref().map(read)
    }

    /// Reads the token of `target`. `None` if there is none.
    pub(crate) fn of_target<T>(&self, target: &Target, read: impl FnOnce(&Tokens) -> T) -> Option<T> {
        self.tokens.borrow().as_ref()?.of(target).map(read)
    }

    /// The access token of `target`, if it is valid for `min_validity` milliseconds more.
    ///
    /// # Errors
    /// `no_session`.
    pub(crate) fn access_token(&self, target: &Target, now: Moment, min_validity: u64) -> Result<Secret, Error> {
        let tokens = self.tokens.borrow();
        let present = tokens.as_ref().filter(|_| self.is_signed_in()).and_then(|tokens| tokens.of(target));
        let valid = present.filter(|tokens| tokens.is_valid(now, min_validity)).and_then(Tokens::access_token);
        valid.ok_or_else(|| {
            let reason = match &*tokens {
                Some(_) => "the access token has expired",
                None if self.is_signed_in() => "the backend keeps the access token",
                None => "nobody is signed in",
            };
            ErrorKind::NoSession { reason }.into()
        })
    }

    /// The access token of `target`, valid or not.
    pub(crate) fn present_token(&self, target: &Target) -> Option<Secret> {
        self.of_target(target, Tokens::access_token).flatten()
    }

    /// The form of the session that a store may keep.
    pub(crate) fn record(&self) -> Option<Secret> {
        self.of_tokens(Tokens::to_record)
    }

    /// Whether the server gave a refresh token.
    pub(crate) fn can_renew(&self) -> bool {
        self.of_tokens(Tokens::can_renew).unwrap_or_default()
    }

    /// Whether `token` was the access token of `target` before the present one, in the same login.
    pub(crate) fn has_replaced(&self, target: &Target, token: &str) -> bool {
        self.of_target(target, |tokens| tokens.have_replaced(token)).unwrap_or_default()
    }

    /// The request that renews the access token. `None` if there is no refresh token.
    pub(crate) fn refresh_request(&self, token_endpoint: &str, client_id: &str) -> Option<Request> {
        self.of_tokens(|tokens| tokens.refresh_request(token_endpoint, client_id)).flatten()
    }
}

//! Ends sessions: here, at the backend, and at the server.

use super::configuration::LogoutOptions;
use super::{Client, Page};
use crate::platform::{Platform, Store};
use crate::protocol::callback::{is_at, parameter, without_parameters};
use crate::protocol::error::Error;
use crate::protocol::http::{Purpose, Request};
use crate::protocol::json::{Json, SecretObject};
use crate::protocol::logout::LogoutRequest;
use crate::protocol::revocation;
use crate::protocol::secret::{Secret, is_equal};

/// The logout at the server that this tab waits to come back from: its `state`, and where to.
const PENDING: &str = "wicketgate.logout";

/// The longest ID token that goes into a URL, in bytes.
const LONGEST_HINT: usize = 4096;

/// How long a user may take to come back from a logout, in milliseconds.
const LONGEST_LOGOUT: u64 = 3_600_000;

impl<P: Platform> Client<P> {
    /// Ends the session here, then at the backend, and then, where the server has an end-session endpoint, leaves the
    /// page for it (OpenID Connect RP-Initiated Logout 1.0). Where it does, it settles only if the page comes back.
    ///
    /// # Errors
    /// `invalid_option` before anything else. `network_failed`, `timed_out`, `backend_failed` of the backend, where there
    /// is no end-session endpoint to go to; the session has ended here all the same.
    pub async fn logout(&self, options: &LogoutOptions) -> Result<(), Error> {
        options.check()?;
        let (held, at_backend) = self.leave().await;
        let Some(endpoint) = self.server.text("end_session_endpoint").filter(|_| options.redirects()) else { return at_backend };
        let return_to = options.text("postLogoutRedirectUri").or(self.configuration.text("postLogoutRedirectUri"));
        // Without a way back nothing comes back.
        let state = match return_to {
            Some(return_to) => self.logout_state_for(options.text("state"), return_to),
            None => options.text("state").map(String::from),
        };
        let id_token = held.as_ref().and_then(|held| held.text("id_token"));
        let request = LogoutRequest {
            // Servers do not take URLs of any length; without it they ask the user.
            id_token_hint: id_token.filter(|id_token| options.sends_id_token() && id_token.len() <= LONGEST_HINT),
            client_id: self.configuration.client_id(),
            post_logout_redirect_uri: return_to,
            state: state.as_deref(),
        };
        // Who comes back with the back button is logged out here all the same.
        self.page.platform.navigate(&request.url(endpoint)).await;
        Ok(())
    }

    /// Ends the session here and at the backend, and revokes its tokens where the server lets a client do that (RFC 7009).
    ///
    /// # Errors
    /// `token_request_failed`, `network_failed`, `timed_out`, `backend_failed`; the session has ended here all the same.
    pub async fn revoke(&self) -> Result<(), Error> {
        let (held, at_backend) = self.leave().await;
        at_backend?;
        let Some(endpoint) = self.server.text("revocation_endpoint") else { return Ok(()) };
        // The refresh token first: with it, a server revokes all that came from it (§2.1).
        for hint in ["refresh_token", "access_token"] {
            if let Some(token) = held.as_ref().and_then(|held| held.text(hint)) {
                let request = revocation::request(endpoint, self.configuration.client_id(), token, hint);
                revocation::answer(&self.send(request).await?)?;
            }
        }
        Ok(())
    }

    /// Ends the session here, in the store, and then at the backend. What was held, and what the backend said.
    async fn leave(&self) -> (Option<SecretObject>, Result<(), Error>) {
        // A login under way is overtaken.
        self.shared.decide(self.shared.take_turn());
        let held = self.end_session();
        self.shared.announce();
        self.shared.leaving.set(self.shared.leaving.get() + 1);
        if let Some(login) = self.login_of_tab(held.as_ref()) {
            // Before the page is left.
            self.page.platform.end(login).await;
        }
        let at_backend = self.end_at_backend().await;
        self.shared.leaving.set(self.shared.leaving.get() - 1);
        if self.configuration.backend().is_some() {
            // Whoever asked the backend before it had answered was told of the session that there was.
            self.tell_others();
        }
        (held, at_backend)
    }

    /// The `state` of a logout, remembered in the tab: the app's own, or a random one. `None` where there is no randomness,
    /// or no store: then nobody will know whose the return is, and the logout goes on.
    fn logout_state_for(&self, state: Option<&str>, return_to: &str) -> Option<String> {
        let platform = &self.page.platform;
        let state = match state {
            Some(state) => String::from(state),
            None => {
                let mut entropy = [0; 32];
                platform.entropy(&mut entropy).ok()?;
                Secret::from_entropy(&entropy).into_exposed()
            }
        };
        let mut pending = Json::empty();
        pending.set_text("state", Some(&state));
        pending.set_text("return_to", Some(return_to));
        pending.set("at", Json::from(platform.wall_clock()));
        let _ = platform.store(Store::Tab, PENDING, &pending.to_text());
        Some(state)
    }

    /// Ends the backend's session, where there is one to end.
    pub(super) async fn end_at_backend(&self) -> Result<(), Error> {
        let Some(backend) = self.configuration.backend() else { return Ok(()) };
        let Some(logout_url) = backend.text("logoutUrl") else { return Ok(()) };
        let request = Request::post(Purpose::BackendLogout, logout_url.into(), "application/json", Secret::new("{}".into()));
        let response = self.send(request.to_backend(backend.member("headers"))).await?;
        super::callback::backend_answer(&response).map(|_| ())
    }
}

impl<P: Platform> Page<P> {
    /// The `state` with which this page is the return of a logout that the tab began: it leaves the page's URL, and is
    /// remembered for every client of the page. Any other is not ours, and stays.
    pub(super) fn logout_return(&self) -> Option<String> {
        let known = self.logout_state.borrow().clone();
        known.or_else(|| {
            let state = self.take_logout_return();
            self.logout_state.replace(state.clone());
            state
        })
    }

    fn take_logout_return(&self) -> Option<String> {
        let platform = &self.platform;
        let url = self.url().ok()?;
        let pending = Json::parse(platform.stored(Store::Tab, PENDING).ok()??.as_bytes())?;
        let state = parameter(&url, "state").filter(|state| !state.is_empty())?;
        let age = platform.wall_clock().saturating_sub(pending.integer("at")?);
        let is_ours = is_at(url.location(), Some(pending.text("return_to")?))
            && is_equal(pending.text("state")?, &state)
            && age <= LONGEST_LOGOUT;
        is_ours.then(|| {
            platform.forget(Store::Tab, PENDING);
            platform.replace_page_url(&without_parameters(&url, &["state"]));
            state
        })
    }
}

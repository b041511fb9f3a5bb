//! Ends sessions: here, at the backend, and at the server.

use super::Client;
use super::configuration::LogoutOptions;
use crate::platform::Platform;
use crate::protocol::callback::{is_at, parameter, without_response};
use crate::protocol::error::Error;
use crate::protocol::http::{Purpose, Request};
use crate::protocol::json::Json;
use crate::protocol::logout::LogoutRequest;
use crate::protocol::secret::{Secret, is_equal};
use crate::protocol::url::Url;

/// The logout at the server that this tab waits to come back from: its `state`, and where to.
const PENDING: &str = "wicketgate.logout";

impl<P: Platform> Client<P> {
    /// Ends the session here, then at the backend, and then, where the server has an end-session endpoint, leaves the
    /// page for it (OpenID Connect RP-Initiated Logout 1.0).
    ///
    /// # Errors
    /// `invalid_option` before anything else. `network_failed`, `timed_out`, `backend_failed` of the backend;
    /// `storage_unavailable`: the session has ended here all the same.
    pub async fn logout(&self, options: &LogoutOptions) -> Result<(), Error> {
        options.check()?;
        let id_token = self.shared.sign_out();
        self.end_at_backend().await?;
        let Some(endpoint) = self.server.text("end_session_endpoint").filter(|_| options.redirects()) else { return Ok(()) };
        let return_to = options.text("postLogoutRedirectUri").or(self.configuration.text("postLogoutRedirectUri"));
        // Without a way back nothing comes back.
        let state = match return_to {
            Some(return_to) => Some(self.remember_logout(options.text("state"), return_to)?),
            None => options.text("state").map(|state| Secret::new(state.into())),
        };
        let request = LogoutRequest {
            id_token_hint: id_token.as_ref().filter(|_| options.sends_id_token()),
            client_id: self.configuration.client_id(),
            post_logout_redirect_uri: return_to,
            state: state.as_ref().map(Secret::expose),
        };
        // Who comes back with the back button is logged out here all the same.
        self.page.platform.navigate(&request.url(endpoint)).await;
        Ok(())
    }

    /// The `state` of a logout, remembered in the tab: the app's own, or a random one.
    fn remember_logout(&self, state: Option<&str>, return_to: &str) -> Result<Secret, Error> {
        let platform = &self.page.platform;
        let state = match state {
            Some(state) => Secret::new(state.into()),
            None => {
                let mut entropy = [0; 32];
                platform.entropy(&mut entropy)?;
                Secret::from_entropy(&entropy)
            }
        };
        let mut pending = Json::empty();
        pending.set_text("state", Some(state.expose()));
        pending.set_text("return_to", Some(return_to));
        platform.store(PENDING, &pending.to_text())?;
        Ok(state)
    }

    /// The `state` with which the page at `url` is the return of a logout that this tab began: it leaves the page's URL.
    /// Any other is not ours, and stays.
    pub(super) fn logout_return(&self, url: &Url) -> Option<String> {
        let platform = &self.page.platform;
        let pending = Json::parse(platform.stored(PENDING).ok()??.as_bytes())?;
        let state = parameter(url, "state")?;
        let is_ours = is_at(url.location(), Some(pending.text("return_to")?)) && is_equal(pending.text("state")?, &state);
        is_ours.then(|| {
            platform.forget(PENDING);
            platform.replace_page_url(&without_response(url));
            state
        })
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

//! Begins logins.

use super::configuration::LoginOptions;
use super::{Client, discovery};
use crate::platform::Platform;
use crate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Entropy, is_openid};
use crate::protocol::callback::without_response;
use crate::protocol::error::Error;
use crate::protocol::return_to::{local_path, same_origin_path};

impl<P: Platform> Client<P> {
    /// Builds the authorization request, stores its transaction, and gives back the URL. Synchronous; does
    /// not navigate.
    ///
    /// # Errors
    /// `storage_unavailable`, `unsupported_environment`, `pushed_request_required`, `invalid_option`,
    /// `invalid_metadata`.
    pub fn authorization_url(&self, options: &LoginOptions) -> Result<String, Error> {
        options.check()?;
        let options = &options.0;
        let (platform, configuration) = (&self.page.platform, &self.configuration);
        let page = self.page.url()?;
        let return_to = match options.text("returnTo") {
            Some(return_to) => same_origin_path(return_to, &page)?,
            // Where the page is; on a callback page, without the response that would be answered again.
            None => local_path(without_response(&page)),
        };
        let scope = options.text("scope").or(configuration.text("scope"));
        self.check_can_verify(scope)?;
        let mut entropy = Entropy::default();
        platform.entropy(entropy.as_flattened_mut())?;
        let now = platform.wall_clock();
        let asked = AuthorizationParameters {
            client_id: configuration.client_id(),
            redirect_uri: configuration.text("redirectUri"),
            scope,
            resource: options.member("resource").or(configuration.resource()),
            pkce: configuration.has_pkce(),
            named: [
                ("prompt", options.text("prompt")),
                ("login_hint", options.text("loginHint")),
                ("ui_locales", options.text("uiLocales")),
                ("acr_values", options.text("acrValues")),
            ],
            max_age: options.integer("maxAge"),
            extra: options.member("extraParams"),
            return_to: &return_to,
            app_state: options.member("appState"),
            binding: configuration.text("sessionBinding"),
        };
        let request = AuthorizationRequest::new(&self.server, &asked, &entropy, now)?;
        if request.needs_id_token() && !scope.is_some_and(is_openid) {
            return Err(Error::option("scope", "has no openid: nobody would check maxAge or an essential acr"));
        }
        self.page.transactions.put(platform, request.transaction(), configuration.transaction_lifetime())?;
        // Not at each begin: writing it takes as long as all the rest. A clock that was set back makes it old, too.
        let is_old = now.wrapping_sub(self.remembered_at.get()) > configuration.transaction_lifetime() / 4;
        if let Some(discovered) = self.discovered.as_ref().filter(|_| is_old) {
            discovery::remember(platform, discovered, now);
            self.remembered_at.set(now);
        }
        Ok(request.into_url())
    }

    /// Builds the request and goes there. Comes back only with an error; with `navigation_cancelled` where
    /// the page itself came back.
    pub async fn begin_login(&self, options: &LoginOptions) -> Error {
        match self.authorization_url(options) {
            Ok(url) => self.page.platform.navigate(&url).await,
            Err(error) => error,
        }
    }
}

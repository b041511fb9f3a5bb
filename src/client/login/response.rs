//! Which URL is the end of a login of a client, and that URL without it.

use crate::client::configuration::Settings;
#[cfg(feature = "backend")]
use crate::protocol::backend_login::{login_error, without_login_error};
use crate::protocol::callback::{self, without_response};
use crate::protocol::url::Url;

/// Whether `url` carries the end of a login of this client: the server's response; or, if the backend does the login, the error
/// that it came to.
pub(crate) fn is_response(configuration: &Settings, url: &Url) -> bool {
    #[cfg(feature = "backend")]
    if configuration.backend_url("loginUrl").is_some() {
        return login_error(url).is_some();
    }
    callback::is_response(url, configuration.text("redirectUri"))
}

/// `url` without the end of a login.
#[cfg_attr(not(feature = "backend"), expect(unused_variables, reason = "there is one kind of response"))]
pub(crate) fn cleaned(configuration: &Settings, url: &Url) -> String {
    #[cfg(feature = "backend")]
    if configuration.backend_url("loginUrl").is_some() {
        return without_login_error(url);
    }
    without_response(url)
}

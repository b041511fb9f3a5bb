//! Which authorization requests are pushed to the server first (RFC 9126). The page's own backend pushes those that it begins,
//! because it can authenticate the client; the page pushes all others.

use super::page::Connection;
use crate::host::Host;
use crate::protocol::error::Error;

/// Whether the configuration or the server demands that requests are pushed.
pub(crate) fn is_demanded<P: Host>(connection: &Connection<P>) -> bool {
    match connection.configuration.text("par") {
        Some("always") => true,
        Some("never") => false,
        _ => connection.server.metadata().flag("require_pushed_authorization_requests"),
    }
}

/// Whether requests can be pushed.
///
/// # Errors
/// `unsupported_environment` if that is demanded, and this build cannot do it.
pub(crate) fn can_push<P: Host>(connection: &Connection<P>) -> Result<bool, Error> {
    let is_able = cfg!(feature = "par") || connection.configuration.backend_url("beginUrl").is_some();
    if is_demanded(connection) && !is_able {
        return Err(Error::elsewhere("par", "wicketgate/all"));
    }
    Ok(is_able && connection.configuration.text("par") != Some("never"))
}

//! How this backend speaks to other servers: no redirect, no cookie, no cache; TLS by ring with the operating
//! system's certificate authorities.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

use crate::configuration::ConfigurationError;

/// A connection that was idle for longer may be one that the other end is closing right now. Shorter than any
/// server's own patience (Node's is 5 s).
const IDLE: Duration = Duration::from_secs(4);

/// A client for `url`, which is the configuration's `member`. It keeps `idle` connections for later requests.
pub(crate) fn http_client(member: &'static str, url: &Url, timeout: Duration, idle: usize) -> Result<Client, ConfigurationError> {
    let refused = |problem| ConfigurationError { member, problem };
    let encrypted = url.scheme() == "https";
    let tls = tls_configuration(encrypted).ok_or_else(|| {
        refused(
            "needs TLS, for which this machine has no certificate authorities (ca-certificates, or a file named in SSL_CERT_FILE)",
        )
    })?;
    // A redirect would carry secrets to an address that nobody configured. `http:` is loopback, where a proxy
    // has no business and would read along; `https:` passes through one unread.
    let builder = Client::builder()
        .user_agent(concat!("wicketgate-backend/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle)
        .tls_backend_preconfigured(tls);
    let builder = if encrypted { builder } else { ClientBuilder::no_proxy(builder) };
    builder.build().map_err(|_| refused("cannot be spoken to: TLS could not be set up"))
}

/// The provider is named here, and not installed for the process, which belongs to the app that mounts the router.
fn tls_configuration(encrypted: bool) -> Option<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .ok()?;
    Some(if encrypted {
        builder.with_platform_verifier().ok()?.with_no_client_auth()
    } else {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    })
}

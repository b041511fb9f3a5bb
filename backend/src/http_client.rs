//! How this backend speaks to other servers: no redirect, no cookie, no cache; TLS by ring with the operating
//! system's certificate authorities.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

/// A connection that was idle for longer may be one that the other end is closing right now. Shorter than any
/// server's own patience (Node's is 5 s).
const IDLE: Duration = Duration::from_secs(4);

/// Clients for the authorization server's URLs, one for each scheme, made when the first such URL shows up: some are
/// known only when that server names them.
pub(crate) struct HttpClients {
    timeout: Duration,
    https: OnceLock<Result<Client, &'static str>>,
    http: OnceLock<Result<Client, &'static str>>,
}

impl HttpClients {
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout, https: OnceLock::new(), http: OnceLock::new() }
    }

    /// # Errors
    /// What stands in the way; reads on from the name of whatever has the URL.
    pub(crate) fn of(&self, url: &Url) -> Result<&Client, &'static str> {
        let client = if url.scheme() == "https" { &self.https } else { &self.http };
        // A code can be sent once only: never into a connection that may be about to close.
        client.get_or_init(|| http_client(url, self.timeout, 0)).as_ref().map_err(|problem| *problem)
    }
}

/// A client for URLs of the scheme of `url`. It keeps `idle` connections for later requests.
///
/// # Errors
/// What stands in the way; reads on from the name of whatever has the URL.
pub(crate) fn http_client(url: &Url, timeout: Duration, idle: usize) -> Result<Client, &'static str> {
    let encrypted = url.scheme() == "https";
    let tls = tls_configuration(encrypted).ok_or(
        "needs TLS, for which this machine has no certificate authorities (ca-certificates, or a file named in SSL_CERT_FILE)",
    )?;
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
    builder.build().map_err(|_| "cannot be spoken to: TLS could not be set up")
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

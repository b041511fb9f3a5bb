//! How this backend connects to other servers: no redirect, no cookie, no cache; TLS by ring with the operating system's
//! certificate authorities.

use std::error::Error;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use url::Url;

/// How long a connection may be idle. The other end may be about to close an older one. Shorter than any server's own limit
/// (Node's is 5 s).
pub(crate) const IDLE: Duration = Duration::from_secs(4);

/// Clients for the authorization server's URLs, one for each scheme. Each is created when the first URL with its scheme
/// appears: some URLs are known only when the server names them.
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
    /// The problem, which reads on from the name of the URL's setting.
    pub(crate) fn of(&self, url: &Url) -> Result<&Client, &'static str> {
        let client = if url.scheme() == "https" { &self.https } else { &self.http };
        // A code can be sent only once, so it must not go into a connection that may be about to close.
        client.get_or_init(|| http_client(url, self.timeout)).as_ref().map_err(|problem| *problem)
    }
}

/// A client for URLs with the scheme of `url`. It keeps no connection for later requests.
///
/// # Errors
/// The problem, which reads on from the name of the URL's setting.
fn http_client(url: &Url, timeout: Duration) -> Result<Client, &'static str> {
    let encrypted = url.scheme() == "https";
    let tls = tls_configuration(encrypted)?;
    // A redirect would carry secrets to an address that nobody configured. An `http:` URL is on loopback, where a proxy is
    // useless and could read the traffic; an `https:` request passes through a proxy unread.
    let builder = Client::builder()
        .user_agent(concat!("wicketgate-backend/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(timeout)
        .pool_max_idle_per_host(0)
        .tls_backend_preconfigured(tls);
    let builder = if encrypted { builder } else { ClientBuilder::no_proxy(builder) };
    builder.build().map_err(|_| "cannot be spoken to: TLS could not be set up")
}

/// The network's own error, without the sentences around it, which may contain addresses.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(|cause| cause.source()) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| "the connection ended".into(), |cause| cause.to_string().chars().take(256).collect())
}

/// Names the TLS provider here instead of installing it for the process, which belongs to the app that mounts the router.
///
/// # Errors
/// The problem, which reads on from the name of the URL's setting.
pub(crate) fn tls_configuration(encrypted: bool) -> Result<ClientConfig, &'static str> {
    const NO_AUTHORITIES: &str =
        "needs TLS, for which this machine has no certificate authorities (ca-certificates, or a file named in SSL_CERT_FILE)";
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| "cannot be spoken to: TLS could not be set up")?;
    Ok(if encrypted {
        builder.with_platform_verifier().map_err(|_| NO_AUTHORITIES)?.with_no_client_auth()
    } else {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    })
}

//! [`Client`]: requests to one API. It follows no redirect, and keeps no cookies and no cache. Apart from the address of the
//! API's host, everything about the host comes from the configuration.

use std::time::Duration;

use axum::http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Client as Pool, Error};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;

use super::body::Noted;
use crate::http_client::{IDLE, tls_configuration};

type Direct = HttpsConnector<HttpConnector>;

/// TCP keep-alive, so that the loss of a silent server is noticed after some minutes, even on an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

pub(super) enum Client {
    Direct(Pool<Direct, Noted>),
    /// By CONNECT, so that the proxy cannot read the traffic.
    Tunneled(Box<Pool<HttpsConnector<Tunnel<Direct>>, Noted>>),
}

impl Client {
    /// A client for the API at `origin`.
    ///
    /// # Errors
    /// The problem, which reads on from the name of the URL's setting.
    pub(super) fn new(origin: &Uri, timeout: Duration) -> Result<Self, &'static str> {
        let encrypted = origin.scheme_str() == Some("https");
        let tls = tls_configuration(encrypted)?;
        // An `http:` URL is on loopback. A proxy is useless there, and could read the traffic.
        let proxy = encrypted.then(|| Matcher::from_env().intercept(origin)).flatten();
        let Some(proxy) = proxy else {
            return Ok(Self::Direct(pool(connector(tls, timeout))));
        };
        if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
            return Err("is behind a proxy (HTTPS_PROXY) that is neither http nor https");
        }
        let mut tunnel = Tunnel::new(proxy.uri().clone(), connector(tls.clone(), timeout));
        if let Some(credentials) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let through = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1().wrap_connector(tunnel);
        Ok(Self::Tunneled(Box::new(pool(through))))
    }

    pub(super) async fn send(&self, request: Request<Noted>) -> Result<Response<Incoming>, Error> {
        match self {
            Self::Direct(pool) => pool.request(request).await,
            Self::Tunneled(pool) => pool.request(request).await,
        }
    }
}

fn connector(tls: ClientConfig, timeout: Duration) -> Direct {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_connect_timeout(Some(timeout));
    http.set_nodelay(true);
    http.set_keepalive(Some(KEEP_ALIVE));
    HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(http)
}

fn pool<C>(connector: C) -> Pool<C, Noted>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Pool::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE).build(connector)
}

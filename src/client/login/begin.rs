//! Begins logins: builds the authorization request, has the backend begin it where that is configured, and leaves the page for
//! it.

use core::convert::Infallible;

use super::earlier::latest;
#[cfg(feature = "par")]
use super::push::push;
use super::response::{cleaned, is_response};
#[cfg(feature = "backend")]
use crate::client::backend;
#[cfg(feature = "tokens")]
use crate::client::id_token;
use crate::client::options::LoginOptions;
use crate::client::page::Connection;
use crate::client::proofs;
#[cfg(any(feature = "backend", feature = "par"))]
use crate::client::pushing;
#[cfg(all(feature = "resources", feature = "tokens"))]
use crate::client::resources;
#[cfg(feature = "idle")]
use crate::client::session::idle_limit;
use crate::host::Host;
use crate::protocol::authorization::{AuthorizationParameters, AuthorizationRequest, Entropy, Transaction, is_openid};
use crate::protocol::callback::unverified_error;
use crate::protocol::error::{Error, ErrorKind};
use crate::protocol::return_to::{local_path, same_origin_path};
use crate::protocol::url::Url;

/// Where the response to a login comes.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// To a page of this tab.
    Here,
    /// To a popup or a frame, whose page hands it to this one.
    #[cfg(feature = "popup")]
    Elsewhere,
}

/// A login that has begun.
enum Begun {
    /// The URL of the login at the backend.
    #[cfg(feature = "backend")]
    AtBackend(String),
    /// The request to the server. Its transaction is not stored yet.
    Here(AuthorizationRequest),
}

/// Builds the authorization request, stores its transaction, and returns the URL.
///
/// # Errors
/// Those of [`Client::authorization_url`](crate::client::Client::authorization_url).
pub(crate) fn authorization_url<P: Host>(connection: &Connection<P>, options: &LoginOptions) -> Result<String, Error> {
    match begun(connection, options, Way::Here)? {
        #[cfg(feature = "backend")]
        Begun::AtBackend(url) => Ok(url),
        Begun::Here(_) if must_wait(connection) => Err(ErrorKind::PushedRequestRequired.into()),
        Begun::Here(request) => stored(connection, request, Way::Here),
    }
}

/// Whether the request has no URL yet, because the backend begins it, or the server must have it first.
fn must_wait<P: Host>(connection: &Connection<P>) -> bool {
    #[cfg(any(feature = "backend", feature = "par"))]
    if pushing::is_demanded(connection) {
        return true;
    }
    connection.configuration.backend_url("beginUrl").is_some()
}

/// The same. If the backend begins logins, it has begun this one. If the request must be pushed, the server has it.
///
/// # Errors
/// Those of [`Client::pushed`](crate::client::Client::pushed).
pub(crate) async fn pushed<P: Host>(connection: &Connection<P>, options: &LoginOptions, way: Way) -> Result<String, Error> {
    let mut begun = self::begun(connection, options, way);
    if begun.as_ref().is_err_and(|error| matches!(error.kind(), ErrorKind::NotReady)) {
        proofs::load(connection).await?;
        begun = self::begun(connection, options, way);
    }
    match begun? {
        #[cfg(feature = "backend")]
        Begun::AtBackend(url) => Ok(url),
        Begun::Here(request) => {
            #[cfg(feature = "backend")]
            let request = backend::begin(connection, request).await?;
            #[cfg(feature = "par")]
            if pushing::is_demanded(connection) && connection.configuration.backend_url("beginUrl").is_none() {
                let pushed = push(connection, request).await?;
                keep(connection, pushed.transaction(), way)?;
                return Ok(pushed.url().into());
            }
            stored(connection, request, way)
        }
    }
}

/// Checks the options, and builds what the login needs.
#[cfg_attr(not(feature = "popup"), expect(unused_variables, reason = "there is one way"))]
#[expect(clippy::too_many_lines, reason = "one request, and a seam for each feature that adds to it")]
fn begun<P: Host>(connection: &Connection<P>, options: &LoginOptions, way: Way) -> Result<Begun, Error> {
    options.check()?;
    let (host, configuration) = (connection.host(), &connection.configuration);
    let page_url = connection.page.url()?;
    let return_to = match options.0.text("returnTo") {
        Some(return_to) => same_origin_path(return_to, &page_url)?,
        None => default_return_to(connection, &page_url),
    };
    let prompt = options.0.text("prompt");
    #[cfg(feature = "idle")]
    let prompt = prompt.or(idle_limit::default_prompt(connection));
    let named = [
        ("prompt", prompt),
        ("login_hint", options.0.text("loginHint")),
        ("ui_locales", options.0.text("uiLocales")),
        ("acr_values", options.0.text("acrValues")),
    ];
    #[cfg(feature = "backend")]
    if let Some(url) = backend::login_url(configuration, options, &return_to, &named)? {
        return Ok(Begun::AtBackend(url));
    }
    let options = &options.0;
    let scope = options.text("scope").or(configuration.text("scope"));
    let resource = options.member("resource").or(configuration.resource());
    #[cfg(all(feature = "resources", feature = "tokens"))]
    let (whole_scope, resource) =
        (resources::whole_scope(configuration, scope), resources::of_code(configuration, scope, resource));
    #[cfg(all(feature = "resources", feature = "tokens"))]
    let scope = whole_scope.as_deref();
    if !connection.server.is_known() {
        return Err(ErrorKind::NotReady.into());
    }
    configuration.check_endpoints(connection.server.metadata(), scope)?;
    #[cfg(feature = "tokens")]
    id_token::check_host(host, configuration, scope)?;
    let mut entropy = Entropy::default();
    host.entropy(entropy.as_flattened_mut())?;
    let now = host.wall_clock();
    let extra = configuration.parameters("extraParams", options.member("extraParams"));
    let asked = AuthorizationParameters {
        client_id: configuration.client_id(),
        redirect_uri: configuration.text("redirectUri"),
        scope,
        resource,
        pkce: configuration.has_pkce(),
        is_begun_at_backend: configuration.backend_url("beginUrl").is_some(),
        named,
        max_age: options.integer("maxAge"),
        extra: Some(&extra),
        return_to: &return_to,
        app_state: options.member_or_null("appState"),
        binding: configuration.text("sessionBinding"),
        #[cfg(any(feature = "backend", feature = "par"))]
        is_pushed: pushing::can_push(connection)?,
        #[cfg(not(any(feature = "backend", feature = "par")))]
        is_pushed: false,
        #[cfg(feature = "popup")]
        is_answered_elsewhere: matches!(way, Way::Elsewhere),
    };
    let request = AuthorizationRequest::new(connection.server.metadata(), &asked, &entropy, now)?;
    #[cfg(all(feature = "resources", feature = "tokens"))]
    let request = resources::naming_all(configuration, request, resource);
    #[cfg(any(feature = "backend", feature = "rar"))]
    let request = match options.member("authorizationDetails") {
        Some(details) => request.asking_for(details),
        None => request,
    };
    if request.needs_id_token() && !scope.is_some_and(is_openid) {
        return Err(Error::option("scope", "has no openid: nobody would check maxAge or an essential acr"));
    }
    #[cfg(all(feature = "dpop", feature = "tokens"))]
    let request = proofs::bound(connection, request)?;
    Ok(Begun::Here(request))
}

/// The URL of `request`, whose transaction is stored now.
fn stored<P: Host>(connection: &Connection<P>, request: AuthorizationRequest, way: Way) -> Result<String, Error> {
    keep(connection, request.transaction(), way)?;
    Ok(request.into_url())
}

/// Stores the transaction of a login that begins.
///
/// # Errors
/// `storage_unavailable`.
#[cfg_attr(not(feature = "popup"), expect(unused_variables, reason = "there is one way"))]
fn keep<P: Host>(connection: &Connection<P>, transaction: &Transaction, way: Way) -> Result<(), Error> {
    let (host, lifetime) = (connection.host(), connection.configuration.transaction_lifetime());
    connection.page.transactions.put(host, transaction, lifetime)?;
    connection.server.remember(host, lifetime, transaction.created_at());
    #[cfg(feature = "popup")]
    if let Way::Elsewhere = way {
        connection.page.awaited.begin(transaction.state(), connection.now().monotonic);
    }
    Ok(())
}

/// The page's present place. If that is the redirect URI itself, or a response that the next page would handle again: the place
/// to which the login before was to lead.
fn default_return_to<P: Host>(connection: &Connection<P>, page_url: &Url) -> String {
    let configuration = &connection.configuration;
    let redirect_uri = configuration.text("redirectUri");
    let has_response = is_response(configuration, page_url) || unverified_error(page_url, redirect_uri).is_some();
    let here = if has_response { cleaned(configuration, page_url) } else { page_url.href().into() };
    // The backend's own redirect URI is not a page, and its errors come to where the login was to lead.
    if configuration.backend_url("loginUrl").is_some() {
        return local_path(here);
    }
    let is_redirect_uri = redirect_uri.and_then(Url::parse).is_some_and(|redirect_uri| redirect_uri.href() == here);
    if has_response || is_redirect_uri || connection.session.callbacks.number(page_url).is_some() {
        let before = latest(connection, |login| !login.has_succeeded());
        return before.as_ref().map_or("/", Transaction::return_to).into();
    }
    local_path(here)
}

/// Builds the request and navigates to the server. Returns only with an error.
pub(crate) async fn begin_login<P: Host>(connection: &Connection<P>, options: &LoginOptions) -> Result<Infallible, Error> {
    let url = pushed(connection, options, Way::Here).await?;
    #[cfg(feature = "idle")]
    idle_limit::login_begins(connection);
    Err(connection.leave_for(&url).await)
}

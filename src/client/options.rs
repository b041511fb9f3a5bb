//! The options of one call.

use core::time::Duration;

use super::lacks;
use super::members::{check_logout_parameters, check_scope_and_resource, members, options, seconds};
#[cfg(feature = "rar")]
use crate::protocol::authorization_details;
use crate::protocol::error::Error;
use crate::protocol::json::Json;
use crate::protocol::shape::{Kind, Shape};

const LOGIN_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Text, "returnTo scope prompt loginHint uiLocales acrValues"),
        (Kind::Seconds, "maxAge"),
        (Kind::Texts, "resource"),
        (Kind::Any, "appState"),
        (Kind::Map, "extraParams"),
        #[cfg(any(feature = "backend", feature = "rar"))]
        (Kind::Any, "authorizationDetails"),
    ],
    lacks: lacks::MEMBERS,
    is_open: false,
    has_nulls: false,
    error: Error::option,
};

const ACCESS_TOKEN_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Seconds, "minValidity"),
        (Kind::Flag, "forceRefresh"),
        #[cfg(feature = "resources")]
        (Kind::Text, "resource"),
    ],
    lacks: lacks::MEMBERS,
    is_open: false,
    has_nulls: false,
    error: Error::option,
};

const LOGOUT_OPTIONS: Shape = Shape {
    prefix: "",
    members: &[
        (Kind::Flag, "idTokenHint redirect"),
        (Kind::RedirectUri, "postLogoutRedirectUri"),
        (Kind::Text, "state logoutHint"),
        (Kind::Map, "extraParams"),
    ],
    lacks: lacks::MEMBERS,
    is_open: false,
    has_nulls: false,
    error: Error::option,
};

options! {
    /// The options of one login.
    ///
    /// ```
    /// use wicketgate::LoginOptions;
    ///
    /// let options = LoginOptions::new().return_to("/orders?open").login_hint("ada@example.com");
    /// ```
    ///
    /// [`Client::begin_login`](super::Client::begin_login) checks the options. Its error names the one that cannot be used.
    LoginOptions
}

impl LoginOptions {
    /// The path to which the user comes back after the login. It must be on the page's own origin. Default: the page's place
    /// when the login begins; on the redirect URI itself, where the login before was to lead, else `/`.
    pub fn return_to(self, path: impl Into<String>) -> Self {
        self.set("returnTo", path.into())
    }

    /// A value that [`LoginResult::app_state`](super::LoginResult::app_state) gives back after the login. It is stored in
    /// the tab meanwhile.
    pub fn app_state(self, value: impl Into<Json>) -> Self {
        self.set("appState", value)
    }

    /// The scope of this login, separated by spaces (RFC 6749 §3.3). Default: the configured scope.
    pub fn scope(self, scope: impl Into<String>) -> Self {
        self.set("scope", scope.into())
    }

    /// Adds a resource for which this login requests tokens (RFC 8707 §2): an absolute URI without a fragment. Default: the
    /// configured resources.
    pub fn resource(self, uri: impl Into<String>) -> Self {
        self.append("resource", uri.into())
    }

    /// `prompt`: the pages that the server shows to the user, such as `login` or `consent` (OpenID Connect Core §3.1.2.1).
    /// Default: the server decides.
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.set("prompt", prompt.into())
    }

    /// `login_hint`: the user who is likely to log in, such as an e-mail address (OpenID Connect Core §3.1.2.1).
    pub fn login_hint(self, hint: impl Into<String>) -> Self {
        self.set("loginHint", hint.into())
    }

    /// `max_age`: the user must have authenticated at most this long ago, in whole seconds (OpenID Connect Core §3.1.2.1). The
    /// client then requires `auth_time` in the ID token and checks it. Needs `openid` in the scope. Default: any time.
    pub fn max_age(self, age: Duration) -> Self {
        self.set("maxAge", seconds(age))
    }

    /// `acr_values`: how the user should authenticate, separated by spaces, the best way first (OpenID Connect Core §3.1.2.1).
    /// The values are voluntary. To require one, request `acr` as an essential claim in the `claims` parameter.
    pub fn acr_values(self, values: impl Into<String>) -> Self {
        self.set("acrValues", values.into())
    }

    /// `ui_locales`: the languages of the server's pages, separated by spaces, the best one first (OpenID Connect Core
    /// §3.1.2.1).
    pub fn ui_locales(self, locales: impl Into<String>) -> Self {
        self.set("uiLocales", locales.into())
    }

    /// Adds an object to `authorization_details`: a permission that no scope can express (RFC 9396 §2). It must have a `type`.
    #[cfg(feature = "rar")]
    pub fn authorization_detail(self, detail: Json) -> Self {
        self.append("authorizationDetails", detail)
    }

    /// Adds a parameter to the authorization request. `invalid_option` for a parameter that the client itself sets.
    pub fn extra_param(self, name: &str, value: impl Into<String>) -> Self {
        self.insert("extraParams", name, value.into())
    }

    /// Reads the JSON text of the JavaScript API's `LoginOptions`.
    ///
    /// # Errors
    /// `invalid_option`, which names the member; `unsupported_environment` for a member that this version does not support.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        LOGIN_OPTIONS.parse(text).map(Self)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        LOGIN_OPTIONS.check(&self.0)?;
        // OpenID Connect Core §3.1.2.1: an integer.
        if self.0.member("maxAge").is_some() && self.0.integer("maxAge").is_none() {
            return Err(Error::option("maxAge", "is not a whole number of seconds"));
        }
        #[cfg(feature = "rar")]
        if let Some(details) = self.0.member("authorizationDetails") {
            authorization_details::check(details)?;
        }
        check_scope_and_resource(&self.0, &LOGIN_OPTIONS)
    }
}

options! {
    /// The options of [`Client::access_token`](super::Client::access_token).
    ///
    /// ```
    /// use core::time::Duration;
    /// use wicketgate::AccessTokenOptions;
    ///
    /// let for_an_upload = AccessTokenOptions::new().min_validity(Duration::from_secs(300));
    /// ```
    AccessTokenOptions
}

impl AccessTokenOptions {
    /// How long the access token must still be valid, to the millisecond. The client refreshes a token that has less time left.
    /// Default: 30 seconds, at most half of the token's lifetime; zero if there is no refresh token.
    pub fn min_validity(self, duration: Duration) -> Self {
        self.set("minValidity", seconds(duration))
    }

    /// Whether the client refreshes the token even if it is still valid (RFC 6749 §6). Default: `false`.
    pub fn force_refresh(self, is_forced: bool) -> Self {
        self.set("forceRefresh", is_forced)
    }

    /// The API whose own token is wanted: its resource indicator (RFC 8707 §2), as
    /// [`Configuration::allowed_api`](super::Configuration::allowed_api) names it. Default: the login's token.
    #[cfg(feature = "resources")]
    pub fn resource(self, uri: impl Into<String>) -> Self {
        self.set("resource", uri.into())
    }

    /// Reads the JSON text of the options of the JavaScript API's `accessToken`.
    ///
    /// # Errors
    /// `invalid_option`, which names the member.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        ACCESS_TOKEN_OPTIONS.parse(text).map(Self)
    }

    /// How long the token must be valid, in milliseconds.
    pub(crate) fn min_validity_millis(&self) -> Option<u64> {
        self.0.member("minValidity").and_then(Json::as_millis)
    }

    /// # Errors
    /// `invalid_option` if it is not an absolute URI without a fragment.
    #[cfg(feature = "resources")]
    pub(crate) fn wanted_resource(&self) -> Result<Option<&str>, Error> {
        check_scope_and_resource(&self.0, &ACCESS_TOKEN_OPTIONS)?;
        Ok(self.0.text("resource"))
    }

    pub(crate) fn forces_refresh(&self) -> bool {
        self.0.is_true("forceRefresh")
    }
}

options! {
    /// The options of one logout.
    ///
    /// ```
    /// use wicketgate::LogoutOptions;
    ///
    /// let only_here = LogoutOptions::new().redirect(false);
    /// ```
    LogoutOptions
}

impl LogoutOptions {
    /// Whether the page navigates to the server's end-session endpoint, if the server has one. With `false`, the user stays
    /// logged in at the server. Default: `true`.
    pub fn redirect(self, leaves: bool) -> Self {
        self.set("redirect", leaves)
    }

    /// `id_token_hint`: whether the client sends the ID token to the end-session endpoint (OpenID Connect RP-Initiated Logout
    /// §2). Without it, most servers ask the user. Default: `true`, for an ID token of up to 4,096 bytes.
    pub fn id_token_hint(self, is_sent: bool) -> Self {
        self.set("idTokenHint", is_sent)
    }

    /// `post_logout_redirect_uri`: the URL to which the server then sends the user, exactly as registered (OpenID Connect
    /// RP-Initiated Logout §3). Default: the configured URL.
    pub fn post_logout_redirect_uri(self, uri: impl Into<String>) -> Self {
        self.set("postLogoutRedirectUri", uri.into())
    }

    /// `state`: the server sends it back with the user (OpenID Connect RP-Initiated Logout §2); see
    /// [`Client::logout_state`](super::Client::logout_state). Default: 256 random bits, if there is a
    /// `post_logout_redirect_uri`.
    pub fn state(self, state: impl Into<String>) -> Self {
        self.set("state", state.into())
    }

    /// `logout_hint`: the user to log out, in the form that the server demands (OpenID Connect RP-Initiated Logout §2).
    /// Default: none.
    pub fn logout_hint(self, hint: impl Into<String>) -> Self {
        self.set("logoutHint", hint.into())
    }

    /// Adds a parameter to the logout at the server. `invalid_option` for a parameter that the client itself sets.
    pub fn extra_param(self, name: &str, value: impl Into<String>) -> Self {
        self.insert("extraParams", name, value.into())
    }

    /// Reads the JSON text of the options of the JavaScript API's `logout`.
    ///
    /// # Errors
    /// `invalid_option`, which names the member.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        LOGOUT_OPTIONS.parse(text).map(Self)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        LOGOUT_OPTIONS.check(&self.0)?;
        check_logout_parameters(&self.0, "extraParams", &LOGOUT_OPTIONS)
    }

    pub(crate) fn extra_params(&self) -> Option<&Json> {
        self.0.member("extraParams")
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.text(name)
    }

    /// Whether the page navigates to the server.
    pub(crate) fn redirects(&self) -> bool {
        !matches!(self.0.member("redirect"), Some(Json::Bool(false)))
    }

    /// Whether the client sends the ID token.
    pub(crate) fn sends_id_token(&self) -> bool {
        !matches!(self.0.member("idTokenHint"), Some(Json::Bool(false)))
    }
}

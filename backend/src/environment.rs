//! The program's configuration, from variables. Each failure is one sentence: which variable, and what to do.

use std::net::SocketAddr;
use std::time::Duration;

use wicketgate_backend::{ClientAuthenticationMethod, Configuration, ConfigurationError, CookieKey};

/// Where the program listens unless told otherwise.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

pub(crate) struct Environment {
    pub(crate) listen: SocketAddr,
    pub(crate) configuration: Configuration,
}

impl Environment {
    /// # Errors
    /// A sentence for the operator.
    pub(crate) fn read() -> Result<Self, String> {
        let listen = optional("LISTEN")?.unwrap_or_else(|| DEFAULT_LISTEN.into());
        let listen = listen.parse().map_err(|_| {
            format!("WICKETGATE_LISTEN is not an IP address and a port: set it to one, for instance {DEFAULT_LISTEN}.")
        })?;

        let mut configuration = Configuration::new(
            required("PUBLIC_ORIGIN", "the page's origin, for instance https://app.example")?,
            required("CLIENT_ID", "the client identifier that the server gave the app")?,
            required("CLIENT_SECRET", "the client secret that the server gave the app")?,
            required("TOKEN_ENDPOINT", "the URL of the server's token endpoint")?,
            cookie_key("COOKIE_KEY", &required("COOKIE_KEY", NEW_KEY)?)?,
        );
        let old = optional("COOKIE_KEYS_OLD")?.unwrap_or_default();
        let old = old.split(',').map(str::trim).filter(|key| !key.is_empty());
        configuration.cookie_keys_old = old.map(|key| cookie_key("COOKIE_KEYS_OLD", key)).collect::<Result<_, _>>()?;
        configuration.client_authentication = match optional("CLIENT_AUTHENTICATION")?.as_deref() {
            None | Some("form") => ClientAuthenticationMethod::Form,
            Some("basic") => ClientAuthenticationMethod::Basic,
            Some(_) => return Err("WICKETGATE_CLIENT_AUTHENTICATION is neither form nor basic: set it to one of them.".into()),
        };
        configuration.api_origin = optional("API_ORIGIN")?;
        configuration.redirect_uri = optional("REDIRECT_URI")?;
        configuration.issuer = optional("ISSUER")?;
        configuration.jwks_uri = optional("JWKS_URI")?;
        let algorithms = optional("ID_TOKEN_SIGNING_ALGORITHMS")?.unwrap_or_default();
        configuration.id_token_signing_algorithms = algorithms.split_whitespace().map(str::to_owned).collect();
        configuration.requires_id_token = match optional("REQUIRES_ID_TOKEN")?.as_deref() {
            None | Some("no") => false,
            Some("yes") => true,
            Some(_) => return Err("WICKETGATE_REQUIRES_ID_TOKEN is neither yes nor no: set it to one of them.".into()),
        };
        if let Some(seconds) = optional("TIMEOUT")? {
            let seconds = seconds.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
            let seconds = seconds.ok_or("WICKETGATE_TIMEOUT is not a number of seconds from 1 to 3600: set it to one.")?;
            configuration.timeout = Duration::from_secs(seconds);
        }
        Ok(Self { listen, configuration })
    }
}

const NEW_KEY: &str = "32 random bytes in base64url, as `openssl rand -base64 32 | tr '+/' '-_'` prints them";

/// The sentence for a member of the configuration, whose variable has its name.
pub(crate) fn sentence(error: &ConfigurationError) -> String {
    format!("WICKETGATE_{} {}: correct it.", error.member.to_ascii_uppercase(), error.problem)
}

fn cookie_key(name: &str, text: &str) -> Result<CookieKey, String> {
    CookieKey::from_base64url(text).map_err(|error| format!("WICKETGATE_{name} {}: set it to {NEW_KEY}.", error.problem))
}

fn required(name: &str, what: &str) -> Result<String, String> {
    optional(name)?.ok_or_else(|| format!("WICKETGATE_{name} is not set: set it to {what}."))
}

/// An empty variable counts as absent: many a service manager has no other way to leave one out.
fn optional(name: &str) -> Result<Option<String>, String> {
    match std::env::var(format!("WICKETGATE_{name}")) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(format!("WICKETGATE_{name} is not UTF-8: set it anew.")),
    }
}

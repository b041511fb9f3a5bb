//! [`Settings`]: everything that the operator can set, one row each. Each error is one sentence: which setting is wrong, and
//! how to correct it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use wicketgate::protocol::secret::Secret;
use wicketgate_backend::{ApiRoute, ClientAuthenticationMethod, Configuration, CookieKey, Wish};

use super::sources::{Sources, Value};

pub(super) struct Settings {
    pub(super) configuration: Configuration,
    pub(super) listen: SocketAddr,
    pub(super) metrics_listen: Option<SocketAddr>,
    /// The folder of the built app.
    pub(super) static_files: Option<PathBuf>,
    pub(super) content_security_policy: Option<String>,
}

/// The problem of a value, and how to correct it; reads on from the setting's name and contains nothing of the value.
type Problem = Cow<'static, str>;

/// A setting's name, and the function that takes its value over.
type Row = (&'static str, fn(&mut Settings, &Value) -> Result<(), Problem>);

/// The settings without a default, each with a description.
const REQUIRED: [(&str, &str); 5] = [
    ("public_origin", "the page's origin, for instance https://app.example"),
    ("client_id", "the client identifier that the server gave the app"),
    ("client_secret", "the client secret that the server gave the app"),
    ("token_endpoint", "the URL of the server's token endpoint"),
    ("cookie_key", NEW_KEY),
];

/// All other settings.
const OPTIONAL: [Row; 34] = [
    ("allow_unbound", |settings, value| {
        settings.configuration.allow_unbound = yes_or_no(value)?;
        Ok(())
    }),
    ("api", |settings, value| {
        settings.configuration.api = value.list().into_iter().map(api).collect::<Result<_, _>>()?;
        Ok(())
    }),
    ("api_headers", |settings, value| {
        settings.configuration.api_headers = value.list().into_iter().map(str::to_owned).collect();
        Ok(())
    }),
    ("api_origin", |settings, value| text(&mut settings.configuration.api_origin, value)),
    ("authorization_endpoint", |settings, value| text(&mut settings.configuration.authorization_endpoint, value)),
    ("authorization_parameters", |settings, value| {
        settings.configuration.authorization_parameters = parameters(value)?;
        Ok(())
    }),
    ("authorization_details_types", |settings, value| {
        settings.configuration.authorization_details_types = value.list().into_iter().map(str::to_owned).collect();
        Ok(())
    }),
    ("client_assertion_audience", |settings, value| text(&mut settings.configuration.client_assertion_audience, value)),
    ("client_authentication", |settings, value| {
        settings.configuration.client_authentication = match value.text()? {
            "form" => ClientAuthenticationMethod::Form,
            "basic" => ClientAuthenticationMethod::Basic,
            "private_key_jwt" => ClientAuthenticationMethod::PrivateKeyJwt,
            _ => return Err("is neither form, basic nor private_key_jwt: set it to one of them".into()),
        };
        Ok(())
    }),
    ("client_key", |settings, value| {
        settings.configuration.client_key = Some(value.text()?.into());
        Ok(())
    }),
    ("content_security_policy", |settings, value| text(&mut settings.content_security_policy, value)),
    ("cookie_keys_old", |settings, value| {
        settings.configuration.cookie_keys_old = value.list().into_iter().map(cookie_key).collect::<Result<_, _>>()?;
        Ok(())
    }),
    ("dpop", |settings, value| {
        settings.configuration.dpop = wish(value)?;
        Ok(())
    }),
    ("end_session_endpoint", |settings, value| text(&mut settings.configuration.end_session_endpoint, value)),
    ("id_token_signing_algorithms", |settings, value| {
        let names = value.list().into_iter().flat_map(str::split_whitespace);
        settings.configuration.id_token_signing_algorithms = names.map(str::to_owned).collect();
        Ok(())
    }),
    ("issuer", |settings, value| text(&mut settings.configuration.issuer, value)),
    ("jwks_uri", |settings, value| text(&mut settings.configuration.jwks_uri, value)),
    ("listen", |settings, value| {
        settings.listen = address(value)?;
        Ok(())
    }),
    ("login_lifetime", |settings, value| {
        settings.configuration.login_lifetime = lifetime(value)?;
        Ok(())
    }),
    ("metrics_listen", |settings, value| {
        settings.metrics_listen = Some(address(value)?);
        Ok(())
    }),
    ("page_callback", |settings, value| text(&mut settings.configuration.page_callback, value)),
    ("par", |settings, value| {
        settings.configuration.par = wish(value)?;
        Ok(())
    }),
    ("pkce", |settings, value| {
        settings.configuration.pkce = match value.text()? {
            "S256" => true,
            "off" => false,
            _ => return Err("is neither S256 nor off: set it to one of them".into()),
        };
        Ok(())
    }),
    ("post_logout_redirect_uri", |settings, value| text(&mut settings.configuration.post_logout_redirect_uri, value)),
    ("pushed_authorization_request_endpoint", |settings, value| {
        text(&mut settings.configuration.pushed_authorization_request_endpoint, value)
    }),
    ("redirect_uri", |settings, value| text(&mut settings.configuration.redirect_uri, value)),
    ("requires_id_token", |settings, value| {
        settings.configuration.requires_id_token = Some(yes_or_no(value)?);
        Ok(())
    }),
    ("revocation_endpoint", |settings, value| text(&mut settings.configuration.revocation_endpoint, value)),
    ("scope", |settings, value| text(&mut settings.configuration.scope, value)),
    ("session_idle", |settings, value| {
        settings.configuration.session_idle = lifetime(value)?;
        Ok(())
    }),
    ("session_lifetime", |settings, value| {
        settings.configuration.session_lifetime = lifetime(value)?;
        Ok(())
    }),
    ("session_store", |settings, value| {
        settings.configuration.session_store = Some(Secret::new(value.text()?.to_owned()));
        Ok(())
    }),
    ("static", |settings, value| {
        settings.static_files = Some(value.text()?.into());
        Ok(())
    }),
    ("timeout", |settings, value| {
        settings.configuration.timeout = seconds(value, 3600)?;
        Ok(())
    }),
];

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

const NEW_KEY: &str = "32 random bytes in base64url, as `openssl rand -base64 32 | tr '+/' '-_'` prints them";

impl Settings {
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn read(sources: &Sources) -> Result<Self, String> {
        sources.check_members(&names())?;
        let [public_origin, client_id, client_secret, token_endpoint, key] =
            REQUIRED.map(|(name, what)| required(sources, name, what));
        let (public_origin, client_id, client_secret) = (public_origin?, client_id?, client_secret?);
        let mut origins = public_origin.split(',').map(|origin| origin.trim().to_owned());
        let public_origin = origins.next().unwrap_or_default();
        let (token_endpoint, key) = (token_endpoint?, key?);
        let key = cookie_key(&key).map_err(|problem| sources.sentence("cookie_key", &problem))?;
        let mut settings = Self {
            configuration: Configuration::new(public_origin, client_id, client_secret, token_endpoint, key),
            listen: DEFAULT_LISTEN,
            metrics_listen: None,
            static_files: None,
            content_security_policy: None,
        };
        settings.configuration.further_origins = origins.collect();
        for (name, set) in OPTIONAL {
            if let Some(value) = sources.value(name)? {
                set(&mut settings, &value).map_err(|problem| sources.sentence(name, &problem))?;
            }
        }
        Ok(settings)
    }
}

/// The names of all settings.
pub(super) fn names() -> Vec<&'static str> {
    REQUIRED.iter().map(|(name, _)| *name).chain(OPTIONAL.iter().map(|(name, _)| *name)).collect()
}

fn required(sources: &Sources, name: &str, what: &str) -> Result<String, String> {
    if name == "client_secret" && sources.value("client_key")?.is_some() {
        // A key replaces the secret.
        return Ok(String::new());
    }
    let value = sources.value(name)?.ok_or_else(|| sources.sentence(name, &format!("is not set: set it to {what}")))?;
    if name == "public_origin" {
        return Ok(value.list().join(","));
    }
    Ok(value.text().map_err(|problem| sources.sentence(name, problem))?.to_owned())
}

fn text(setting: &mut Option<String>, value: &Value) -> Result<(), Problem> {
    *setting = Some(value.text()?.to_owned());
    Ok(())
}

fn wish(value: &Value) -> Result<Wish, Problem> {
    match value.text()? {
        "auto" => Ok(Wish::Auto),
        "always" => Ok(Wish::Always),
        "never" => Ok(Wish::Never),
        _ => Err("is neither auto, always nor never: set it to one of them".into()),
    }
}

fn yes_or_no(value: &Value) -> Result<bool, Problem> {
    match value.text()? {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("is neither yes nor no: set it to one of them".into()),
    }
}

/// A whole number of seconds from 1 to `most`.
fn seconds(value: &Value, most: u64) -> Result<Duration, Problem> {
    let seconds = value.text()?.parse().ok().filter(|seconds| (1..=most).contains(seconds));
    let seconds = seconds.ok_or_else(|| format!("is not a number of seconds from 1 to {most}: set it to one"))?;
    Ok(Duration::from_secs(seconds))
}

/// A whole number of seconds from 1.
fn lifetime(value: &Value) -> Result<Duration, Problem> {
    let seconds = value.text()?.parse().ok().filter(|seconds| *seconds >= 1);
    seconds.map(Duration::from_secs).ok_or_else(|| "is not a whole number of seconds from 1: set it to one".into())
}

/// `name=value` pairs: form-encoded in a text, as they are in a list.
fn parameters(value: &Value) -> Result<Vec<(String, String)>, Problem> {
    match value {
        Value::Text(text) => Ok(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()),
        Value::List(pairs) => {
            let pair = |pair: &String| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            let pairs: Option<_> = pairs.iter().map(pair).collect();
            pairs.ok_or_else(|| "is not a list of name=value: set it to one".into())
        }
    }
}

fn address(value: &Value) -> Result<SocketAddr, Problem> {
    let problem = || format!("is not an IP address and a port: set it to one, for instance {DEFAULT_LISTEN}");
    value.text()?.parse().map_err(|_| problem().into())
}

fn cookie_key(text: &str) -> Result<CookieKey, Problem> {
    CookieKey::from_base64url(text).map_err(|error| format!("{}: set it to {NEW_KEY}", error.problem).into())
}

fn api(text: &str) -> Result<ApiRoute, Problem> {
    let (prefix, url) = text.split_once('=').ok_or(
        "is not a list of PATH=URL: set it to one, for instance /api/=https://api.example/v2/,/graphql=https://graph.example/",
    )?;
    Ok(ApiRoute::new(prefix.trim(), url.trim()))
}

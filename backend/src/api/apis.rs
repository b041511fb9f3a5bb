//! [`Apis`]: which path of the page leads to which API, and to which path there.

use std::sync::Arc;
use std::time::Duration;

use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{StatusCode, Uri};
use url::{Position, Url};

use super::client::Client;
use super::headers::Headers;
use super::path::is_ambiguous;
use crate::failure::Failure;

/// If a page calls an API here and none is configured, the answer says which setting is missing.
const DEFAULT_PREFIX: &str = "/api/";

/// The paths of this backend, or of its program.
const TAKEN: [&str; 3] = ["/auth", "/healthz", "/readyz"];

pub(crate) struct Apis {
    /// The longest prefix first.
    apis: Vec<Api>,
    headers: Headers,
    /// The time in which an API must begin its answer.
    timeout: Duration,
}

/// One API.
pub(super) struct Api {
    /// The prefix as it was configured.
    pub(super) name: Arc<str>,
    /// The same without the slash at the end.
    prefix: String,
    /// Whether the prefix itself is forwarded, and not only the paths below it.
    is_path: bool,
    url: Url,
    scheme: Scheme,
    authority: Authority,
    pub(super) client: Client,
}

impl Apis {
    pub(crate) fn new(own_headers: &[String], timeout: Duration) -> Result<Self, &'static str> {
        Ok(Self { apis: Vec::new(), headers: Headers::new(own_headers)?, timeout })
    }

    /// The origins that access tokens go to, always in the same order, whatever the order of the APIs.
    pub(crate) fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = self.apis.iter().map(|api| api.url.origin().ascii_serialization()).collect();
        origins.sort_unstable();
        origins.dedup();
        origins
    }

    /// Forwards the paths below `prefix` to those below `url`, which is confidential.
    ///
    /// # Errors
    /// The problem, which reads on from the name of the setting.
    pub(crate) fn add(&mut self, prefix: &str, url: Url) -> Result<(), &'static str> {
        if url.query().is_some() || url.fragment().is_some() {
            return Err("has a URL with a query or a fragment");
        }
        let api = Api::new(prefix, url, self.timeout)?;
        if TAKEN.iter().any(|taken| api.prefix == *taken || is_below(&api.prefix, taken)) {
            return Err("has a path that is this backend's own: choose one that is not below /auth");
        }
        if self.apis.iter().any(|other| other.prefix == api.prefix) {
            return Err("has the same path twice");
        }
        self.apis.push(api);
        self.apis.sort_by_key(|api| core::cmp::Reverse(api.prefix.len()));
        Ok(())
    }

    /// The routes that lead to an API, as axum spells them.
    pub(crate) fn routes(&self) -> Vec<String> {
        let default = self.apis.is_empty().then(|| DEFAULT_PREFIX.to_owned());
        let named = self.apis.iter().map(|api| api.name.to_string()).chain(default);
        named.flat_map(|name| [format!("{}/{{*path}}", name.trim_end_matches('/')), name]).collect()
    }

    /// The destination of a request for `uri`.
    ///
    /// # Errors
    /// The answer to the page, if there is no destination, or more than one possible.
    pub(crate) fn target(&self, uri: &Uri) -> Result<Target<'_>, Failure> {
        let path = uri.path();
        let Some((api, rest)) = self.apis.iter().find_map(|api| Some((api, api.rest(path)?))) else {
            let hint = "Set WICKETGATE_API (api) where there is an API.";
            return Err(Failure::new(StatusCode::NOT_FOUND, "not_found", "This backend forwards this path to no API.", hint));
        };
        let uri = (!is_ambiguous(path)).then(|| api.target(rest, uri.query())).flatten();
        let uri = uri.ok_or_else(|| Failure::invalid_request("The path is ambiguous."))?;
        Ok(Target { apis: self, api, uri })
    }
}

/// The destination of one request.
pub(crate) struct Target<'a> {
    apis: &'a Apis,
    pub(super) api: &'a Api,
    pub(super) uri: Uri,
}

impl Target<'_> {
    pub(super) fn headers(&self) -> &Headers {
        &self.apis.headers
    }

    /// The time in which the API must begin its answer.
    pub(super) fn timeout(&self) -> Duration {
        self.apis.timeout
    }

    /// The `location` of the answer, for a browser that knows a path here as `mount` + path. A URL of the API becomes a path
    /// here, so that the browser comes through this backend again; any other URL becomes absolute. `None` if it is not http(s).
    pub(super) fn page_location(&self, location: &str, mount: &str) -> Option<String> {
        let url = Url::parse(&self.uri.to_string()).ok()?.join(location).ok()?;
        if let Some(path) = self.apis.apis.iter().find_map(|api| api.page_path(&url)) {
            return Some(format!("{mount}{path}{}", &url[Position::AfterPath..]));
        }
        matches!(url.scheme(), "http" | "https").then(|| url.into())
    }
}

impl Api {
    fn new(name: &str, url: Url, timeout: Duration) -> Result<Self, &'static str> {
        let prefix = name.strip_suffix('/').unwrap_or(name);
        // Segments in their only plain spelling.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if prefix.len() < 2 || is_ambiguous(name) || prefix.ends_with('/') || !prefix.bytes().all(is_plain) {
            return Err("has a path that is not one: it begins with a slash, for instance /api/, and is not / alone");
        }
        let origin: Uri = url[..Position::BeforePath].parse().map_err(|_| "has a URL that cannot be sent to")?;
        let (Some(scheme), Some(authority)) = (origin.scheme().cloned(), origin.authority().cloned()) else {
            return Err("has a URL that cannot be sent to");
        };
        let client = Client::new(&origin, timeout)?;
        let is_path = prefix == name;
        Ok(Self { name: name.into(), prefix: prefix.into(), is_path, url, scheme, authority, client })
    }

    /// The rest of `path` after the prefix: nothing, or a slash and more. `None` if `path` is not this API's.
    fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        let rest = path.strip_prefix(self.prefix.as_str())?;
        (rest.starts_with('/') || (rest.is_empty() && self.is_path)).then_some(rest)
    }

    /// The API's URL for the rest of a path: always on the API's own host, whatever the rest contains.
    fn target(&self, rest: &str, query: Option<&str>) -> Option<Uri> {
        let base = if rest.is_empty() { self.url.path() } else { self.base() };
        let path_and_query = match query {
            Some(query) => format!("{base}{rest}?{query}"),
            None => format!("{base}{rest}"),
        };
        let path_and_query = PathAndQuery::try_from(path_and_query).ok()?;
        let target = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        target.path_and_query(path_and_query).build().ok()
    }

    /// The path at which the browser reaches `url`, if the URL is this API's.
    fn page_path(&self, url: &Url) -> Option<String> {
        if url.origin() != self.url.origin() {
            return None;
        }
        if self.is_path && url.path() == self.url.path() {
            return Some(self.prefix.clone());
        }
        let rest = url.path().strip_prefix(self.base()).filter(|rest| rest.starts_with('/'))?;
        Some(format!("{}{rest}", self.prefix))
    }

    /// The path of the API's URL, without the slash at the end.
    fn base(&self) -> &str {
        let path = self.url.path();
        path.strip_suffix('/').unwrap_or(path)
    }
}

fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
}

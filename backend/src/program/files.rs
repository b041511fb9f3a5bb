//! [`Files`]: the built single-page app, beside the routes.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
    REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};
use wicketgate_backend::Configuration;

use super::health::not_found;

pub(super) struct Files {
    folder: ServeDir,
    /// The answer to every path without a file: the app itself reads the path.
    index: ServeFile,
    /// The header fields of every answer.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Files {
    /// The files of `folder`, with `content_security_policy` if the default policy does not suit the app.
    ///
    /// # Errors
    /// The problem, which reads on from the name of the setting.
    pub(super) fn new(
        folder: &Path,
        content_security_policy: Option<&str>,
        configuration: &Configuration,
    ) -> Result<Self, String> {
        let index = folder.join("index.html");
        if !index.is_file() {
            return Err("is not a folder with an index.html in it: set it to the one that the app was built into".into());
        }
        let policy = match content_security_policy {
            Some(policy) => policy.to_owned(),
            None => default_policy(configuration.issuer.as_deref()),
        };
        let Ok(policy) = HeaderValue::try_from(policy) else {
            return Err("cannot be served: content_security_policy has characters that a header field cannot have".into());
        };
        let mut headers = vec![
            (CONTENT_SECURITY_POLICY, policy),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            // The redirect page's URL contains the code.
            (REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin")),
        ];
        if content_security_policy.is_none() {
            // For browsers that do not know `frame-ancestors`; an app's own policy may allow frames.
            headers.push((X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN")));
        }
        if configuration.public_origin.starts_with("https:") {
            headers.push((STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")));
        }
        let serve = ServeDir::new(folder).append_index_html_on_directories(false);
        Ok(Self {
            folder: serve.precompressed_br().precompressed_gzip(),
            index: ServeFile::new(index).precompressed_br().precompressed_gzip(),
            headers,
        })
    }

    /// Serves `router`, and these files at all other paths.
    pub(super) fn behind(self, router: Router) -> Router {
        router.fallback_service(axum::routing::any(serve).with_state(Arc::new(self)))
    }

    async fn answer(&self, mut request: Request) -> Response {
        let path = request.uri().path().to_owned();
        if is_hidden(&path) {
            return not_found().await.into_response();
        }
        let is_page = is_page(&path, request.headers());
        if is_page || path.ends_with(".html") {
            // Many builds give all files the same time: then the page of an earlier build would count as unchanged.
            request.headers_mut().remove(IF_MODIFIED_SINCE);
            request.headers_mut().remove(IF_UNMODIFIED_SINCE);
        }
        let mut again = Request::new(Body::empty());
        *again.method_mut() = request.method().clone();
        *again.headers_mut() = request.headers().clone();
        let response = infallible(self.folder.clone().oneshot(request).await);
        if response.status() != StatusCode::NOT_FOUND {
            return response;
        }
        if !is_page {
            return not_found().await.into_response();
        }
        infallible(self.index.clone().oneshot(again).await)
    }
}

async fn serve(State(files): State<Arc<Files>>, request: Request) -> Response {
    let is_hashed = is_hashed(request.uri().path());
    let mut response = files.answer(request).await;
    let is_html = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let is_there = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    if is_there {
        let caching = if is_hashed && !is_html { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if is_html {
        headers.remove(LAST_MODIFIED);
    }
    for (name, value) in &files.headers {
        headers.insert(name, value.clone());
    }
    response
}

fn infallible<B>(response: Result<axum::http::Response<B>, core::convert::Infallible>) -> Response
where
    B: axum::body::HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    match response {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    }
}

/// The policy for an app with its code and styles in files of its own, and with `style` attributes, which frameworks set. The
/// page connects to its own origin, and to the issuer. It frames its own origin only: if a frame may go to the server, a script
/// can begin a login there, forbid the callback by a policy of its own, and read the code in the browser's report of the
/// violation.
fn default_policy(issuer: Option<&str>) -> String {
    let issuer = issuer.and_then(|issuer| url::Url::parse(issuer).ok()).filter(|issuer| issuer.origin().is_tuple());
    let issuer = issuer.map(|issuer| format!(" {}", issuer.origin().ascii_serialization())).unwrap_or_default();
    format!(
        "default-src 'self'; base-uri 'self'; connect-src 'self'{issuer}; font-src 'self' data:; form-action 'self'; \
         frame-ancestors 'self'; frame-src 'self'; img-src 'self' data: blob:; object-src 'none'; \
         script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'"
    )
}

/// Whether a path without a file is one of the app's pages: the user navigates to it, or it has no file extension. If a script
/// requests a file that is gone (of an earlier build), the request must fail instead of getting a page.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepts.flat_map(|value| value.split(','));
    let file = path.rsplit('/').next().unwrap_or_default();
    !file.contains('.') || kinds.any(|kind| kind.trim_start().starts_with("text/html"))
}

/// Files such as `.env` and `.git` are not part of an app; `.well-known` is (RFC 8615). The folder is read by the decoded path,
/// in which encoded dots and slashes are like any others.
fn is_hidden(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    path.split(['/', '\\']).any(|segment| segment.starts_with('.') && segment != ".well-known")
}

/// Whether a file's name contains the hash of its content, as bundlers write it: `index-BxY12abc.js`, `main.3f2a1b9c.css`,
/// `chunk-ABCDEFGH.js`. Such a file never changes. In doubt, the answer is no: then the browser asks whether the file has
/// changed, which is always correct.
fn is_hashed(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    // Extensions: `.js`, and also `.js.map`, `.chunk.js`.
    let mut stems = file.match_indices('.').filter_map(|(at, _)| file.get(..at));
    stems.any(|stem| {
        let parts = stem.match_indices(['-', '.']).filter_map(|(at, _)| stem.get(at + 1..));
        parts.into_iter().any(is_hash)
    })
}

/// Whether a text is eight or more characters of base64url that are neither a word nor a number.
fn is_hash(text: &str) -> bool {
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let (digits, upper, lower) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    if !(8..=64).contains(&text.len()) || !text.bytes().all(is_base64url) || is_size(text) {
        return false;
    }
    if text.contains(['-', '_']) {
        // It consists of several words, unless the hash contains these characters: Rollup's hashes have eight characters.
        return text.len() == 8 && upper > 1 && lower > 0 && digits > 0;
    }
    (digits > 0 && upper + lower > 0) || (upper > 1 && lower > 1) || (upper == 8 && text.len() == 8)
}

/// A size in the name of an icon: `1024x1024`.
fn is_size(text: &str) -> bool {
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('x').is_some_and(|(width, height)| is_number(width) && is_number(height))
}

#[cfg(test)]
mod tests {
    use super::is_hashed;

    #[test]
    fn a_name_with_a_hash_is_one_of_a_bundler() {
        for path in [
            "/assets/index-BxY12abc.js",
            "/assets/index-DmWqXkPz.css",
            "/assets/index-B-x1_Qab.js",
            "/assets/inter-latin-400-normal-C38fXH4l.woff2",
            "/static/js/main.3f2a1b9c.js",
            "/static/js/787.28cb0dcd.chunk.js",
            "/main-TZ5QW3XC.js",
            "/chunk-ABCDEFGH.js",
            "/index.1a2b3c4d.js.map",
            "/runtime.abcdef0123456789abcd.js",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in [
            "/",
            "/index.html",
            "/favicon.ico",
            "/service-worker.js",
            "/registerServiceWorker.js",
            "/my-component.js",
            "/theme-responsive.css",
            "/jquery-3.7.1.min.js",
            "/report-20240101.pdf",
            "/report-2024-01-01.pdf",
            "/apple-touch-icon-1024x1024.png",
            "/android-chrome-512x512.png",
            "/tailwind-v4-theme.css",
            "/app-production.js",
            "/manifest.webmanifest",
            "/a/3f2a1b9c/logo.svg",
            "/README-INSTALL.md",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}

//! [`AuthorizationServer`]: sends each request once and reads the whole answer. If no answer comes, says what that means for
//! page and operator.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use url::Url;
use wicketgate::protocol::error::Error;
use wicketgate::protocol::http::{MAX_BODY, Request, Response};
use wicketgate::protocol::secret::Secret;

use crate::failure::Failure;
use crate::http_client::{HttpClients, innermost};

pub(crate) struct AuthorizationServer {
    pub(crate) clients: HttpClients,
    /// The time for one request.
    pub(crate) timeout: Duration,
}

/// The setting, and its place, that the hint of a failure names.
pub(crate) type Setting = &'static str;

impl AuthorizationServer {
    /// Sends `request`, whose URL comes from `setting`.
    pub(crate) async fn send(&self, request: Request, setting: Setting) -> Result<Response, Failure> {
        let url = Url::parse(&request.url).map_err(|_| unusable("The authorization server has an odd URL.", setting))?;
        let client = self.clients.of(&url).map_err(|problem| cannot_be_reached(setting).because(format!("it {problem}")))?;
        let mut sent = if request.body.is_some() { client.post(url) } else { client.get(url) }.timeout(self.timeout);
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| unusable("A header field cannot be sent.", setting))?;
            value.set_sensitive(name == header::AUTHORIZATION.as_str() || name == "dpop");
            sent = sent.header(name, value);
        }
        if let Some(body) = request.body {
            sent = sent.body(Secret::into_exposed(body));
        }
        let mut answer = sent.send().await.map_err(|error| no_answer(&error, setting))?;

        let content_type = answer.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(str::to_owned);
        let mut response = Response::new(answer.status().as_u16(), content_type, Vec::new());
        response.dpop_nonce = answer.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok()).map(str::to_owned);
        while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(&error, setting))? {
            if response.body.len() + chunk.len() > MAX_BODY {
                let failure = unusable("The authorization server's answer is too large.", setting);
                return Err(failure.because(format!("more than {MAX_BODY} bytes")));
            }
            response.body.extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

/// There was no answer, or no complete one.
fn no_answer(error: &reqwest::Error, setting: Setting) -> Failure {
    let failure = if error.is_timeout() { too_slow() } else { cannot_be_reached(setting) };
    failure.because(innermost(error))
}

pub(crate) fn too_slow() -> Failure {
    let hint = "Look at the authorization server, or raise WICKETGATE_TIMEOUT (timeout).";
    let description = "The authorization server did not answer in time.";
    Failure::new(StatusCode::GATEWAY_TIMEOUT, "temporarily_unavailable", description, hint)
}

fn cannot_be_reached(setting: Setting) -> Failure {
    let hint = format!("Check that the authorization server is up, and that {setting} is right.");
    let description = "The authorization server cannot be reached.";
    Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", description, hint)
}

/// The meaning of a status that is the same for every request; `None` if it depends on the request.
pub(crate) fn failed(status: u16, setting: Setting) -> Option<Failure> {
    let failure = match status {
        // The server is unavailable now: the rest of its answer is not about this request.
        503 | 429 => {
            let hint = "The authorization server is overloaded or in maintenance: wait, or ask its operator.";
            let description = "The authorization server cannot serve this now.";
            Failure::new(StatusCode::BAD_GATEWAY, "temporarily_unavailable", description, hint)
        }
        500.. => {
            let description = "The authorization server failed.";
            let hint = "Ask the authorization server's operator; its log has more.";
            Failure::new(StatusCode::BAD_GATEWAY, "server_error", description, hint)
        }
        300..400 => {
            let hint = format!("Set {setting} to the address that it redirects to, if it is right.");
            Failure::new(StatusCode::BAD_GATEWAY, "server_error", "The authorization server redirects the request.", hint)
        }
        _ => return None,
    };
    Some(failure.because(format!("status {status}")))
}

/// There was an answer, but not a valid one.
pub(crate) fn unusable(description: &'static str, setting: Setting) -> Failure {
    let hint = format!("Check what {setting} answers, or ask the authorization server's operator.");
    Failure::new(StatusCode::BAD_GATEWAY, "server_error", description, hint)
}

/// There was an answer, and `error` says what is wrong with it: in our words, and without a secret.
pub(crate) fn unacceptable(error: &Error) -> Failure {
    let description = Cow::Owned(error.summary());
    Failure { description, ..Failure::new(StatusCode::BAD_GATEWAY, "server_error", "", error.hint()) }
}

//! The token request and response for a code (RFC 6749 §4.1.3, §5), and the hand-off that lets a backend
//! make them.

use base64ct::{Base64, Encoding};

use super::authorization::is_openid;
use super::error::{Error, ErrorKind, Flaw, OAuthError};
use super::http::{FORM, Purpose, Request, Response};
use super::json::{Json, SecretObject};
use super::secret::Secret;
use super::shape::{Kind, Shape};
use super::text::parts;
use super::url::{append_parameter, form_encode};

/// A code whose authorization response was validated: to be redeemed once, here or by a backend.
///
/// The members of its transaction, with `code` and `iss` of the response; at a backend, those of the hand-off.
#[derive(Debug)]
pub struct CodeExchange(pub(super) SecretObject);

/// How the client proves who it is at the token endpoint (RFC 6749 §2.3).
#[derive(Debug)]
pub enum ClientAuthentication<'a> {
    /// A public client: it only names itself.
    None,
    /// `client_secret_post`: the secret among the form's parameters.
    SecretPost(&'a Secret),
    /// `client_secret_basic`: HTTP Basic, identifier and secret form-encoded first.
    SecretBasic(&'a Secret),
}

impl CodeExchange {
    /// The client identifier that the code was issued to.
    pub fn client_id(&self) -> &str {
        self.0.text("client_id").unwrap_or_default()
    }

    /// The redirect URI of the authorization request, where one was sent.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.0.text("redirect_uri")
    }

    /// The issuer that the authorization response named (RFC 9207), where it did.
    pub fn iss(&self) -> Option<&str> {
        self.0.text("iss")
    }

    /// The `state` of the authorization request: no other has the same.
    pub fn state(&self) -> Option<&str> {
        self.0.text("state")
    }

    /// The nonce of the authorization request, where one was sent: then `openid` was asked for.
    pub fn nonce(&self) -> Option<&str> {
        self.0.text("nonce")
    }

    /// `max_age` of the authorization request, in milliseconds.
    pub fn max_age(&self) -> Option<u64> {
        self.0.member("max_age").and_then(Json::as_millis)
    }

    /// The claim request for `acr`, where it was essential.
    pub fn acr(&self) -> Option<&Json> {
        self.0.member("acr")
    }

    /// The resources that were asked for (RFC 8707).
    pub fn resource(&self) -> Option<&Json> {
        self.0.member("resource")
    }

    /// What the app wanted to have back.
    pub fn app_state(&self) -> Option<&Json> {
        self.0.member("app_state")
    }

    /// The token request (RFC 6749 §4.1.3, RFC 7636 §4.5, RFC 8707 §2.2).
    pub fn request(&self, token_endpoint: &str, authentication: &ClientAuthentication<'_>) -> Request {
        let mut form = String::with_capacity(1024);
        let mut set = |name: &str, value: Option<&str>| append_parameter(&mut form, name, value);
        if let ClientAuthentication::SecretPost(secret) = authentication {
            set("client_id", Some(self.client_id()));
            set("client_secret", Some(secret.expose()));
        }
        set("grant_type", Some("authorization_code"));
        set("code", self.0.text("code"));
        set("redirect_uri", self.redirect_uri());
        if let ClientAuthentication::None = authentication {
            set("client_id", Some(self.client_id()));
        }
        set("code_verifier", self.0.text("code_verifier"));
        for resource in self.resource().map_or(&[][..], Json::items) {
            set("resource", resource.as_str());
        }
        let mut request = Request::post(Purpose::Token, token_endpoint.into(), FORM, Secret::new(form));
        if let ClientAuthentication::SecretBasic(secret) = authentication {
            request.headers.push(("authorization".into(), basic(self.client_id(), secret)));
        }
        request
    }

    /// Reads the answer to [`request`](Self::request).
    ///
    /// # Errors
    /// `token_request_failed`, `token_response_malformed`; `id_token_invalid` where `openid` was asked for
    /// and no ID token came.
    pub fn finish(&self, response: &Response) -> Result<TokenSet, Error> {
        let mut tokens = TokenSet::from_response(response, Purpose::Token)?;
        let asked = self.0.text("scope");
        if tokens.id_token.is_none() && (self.0.text("nonce").is_some() || asked.is_some_and(is_openid)) {
            return Err(ErrorKind::IdTokenInvalid(Flaw::of("", "the token response has none")).into());
        }
        // RFC 6749 §5.1: left out where it is what was asked for.
        if tokens.scope.is_none() {
            tokens.scope = asked.map(Into::into);
        }
        Ok(tokens)
    }

    /// The request that hands the code to the page's own backend. `headers`, an object of strings, are the
    /// app's; the ones that the hand-off needs win over them.
    pub fn hand_off(&self, exchange_url: &str, headers: Option<&Json>) -> Request {
        let body = members_of_hand_off(&self.0);
        Request::post(Purpose::HandOff, exchange_url.into(), "application/json", Secret::new(body.to_text())).to_backend(headers)
    }

    /// Reads a hand-off, at the backend. The page has validated the response; the backend checks what is its
    /// own to check: who sent this, and whether client identifier, redirect URI and issuer are its own.
    ///
    /// ```
    /// use wicketgate::protocol::secret::Secret;
    /// use wicketgate::protocol::token::{ClientAuthentication, CodeExchange};
    ///
    /// # fn main() -> Result<(), wicketgate::protocol::error::Error> {
    /// # let (body, client_secret) = (br#"{"code": "c", "state": "s", "client_id": "my-app"}"#, String::from("wicket"));
    /// let exchange = CodeExchange::from_hand_off(body)?;
    /// let secret = Secret::new(client_secret);
    /// let request = exchange.request("https://login.example/token", &ClientAuthentication::SecretPost(&secret));
    /// assert_eq!(request.url, "https://login.example/token");
    /// // Sent by the backend's own means, its response goes to `exchange.finish`.
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `invalid_option`, naming the member that is missing or of another type than string.
    pub fn from_hand_off(body: &[u8]) -> Result<Self, Error> {
        let body = SecretObject::from(Json::parse(body).unwrap_or(Json::Null));
        HAND_OFF.check(&body)?;
        for name in ["code", "state", "client_id"] {
            if body.text(name).is_none_or(str::is_empty) {
                return Err(HAND_OFF.wrong(name, "is missing"));
            }
        }
        // Nothing else that a page may send reaches the token request.
        Ok(Self(members_of_hand_off(&body)))
    }
}

/// The token request that renews an access token (RFC 6749 §6), of a public client.
pub fn refresh_request(token_endpoint: &str, client_id: &str, refresh_token: &str, resource: Option<&Json>) -> Request {
    let mut form = String::with_capacity(1024);
    append_parameter(&mut form, "grant_type", Some("refresh_token"));
    append_parameter(&mut form, "refresh_token", Some(refresh_token));
    append_parameter(&mut form, "client_id", Some(client_id));
    for resource in resource.map_or(&[][..], Json::items) {
        append_parameter(&mut form, "resource", resource.as_str());
    }
    Request::post(Purpose::Refresh, token_endpoint.into(), FORM, Secret::new(form))
}

/// Reads the answer to a [`refresh_request`].
///
/// # Errors
/// `session_ended` where the refresh token is not good any more; `token_request_failed`, `token_response_malformed`.
pub fn refreshed(response: &Response) -> Result<TokenSet, Error> {
    TokenSet::from_response(response, Purpose::Refresh).map_err(|error| match error.oauth() {
        Some(oauth) if oauth.error == "invalid_grant" && response.status < 500 => {
            ErrorKind::SessionEnded(Some(Box::new(oauth.clone()))).into()
        }
        _ => error,
    })
}

/// What a backend receives (`HandOff` of the JavaScript API), in this order. What its ID token is to be held against
/// comes last.
const HAND_OFF: Shape = Shape {
    prefix: "body",
    members: &[
        (Kind::Text, "code state code_verifier redirect_uri client_id iss nonce"),
        (Kind::Seconds, "max_age"),
        (Kind::Object, "acr"),
    ],
    is_open: true,
    error: Error::option,
};

fn members_of_hand_off(all: &Json) -> SecretObject {
    let mut members = SecretObject::empty();
    for (_, names) in HAND_OFF.members {
        for name in parts(names, ' ') {
            members.set_copy(name, all.member(name));
        }
    }
    members
}

impl Request {
    /// Adds the app's own `headers`, and the one that no form and no other origin can send: it makes a
    /// forged request need a preflight, which the backend does not answer.
    pub fn to_backend(mut self, headers: Option<&Json>) -> Self {
        for (name, value) in headers.map_or(&[][..], Json::members) {
            let is_ours = |ours: &str| name.eq_ignore_ascii_case(ours);
            if !is_ours("x-requested-with") && !is_ours("content-type") {
                self.headers.push((name.clone(), value.as_str().unwrap_or_default().into()));
            }
        }
        self.headers.push(("x-requested-with".into(), "wicketgate".into()));
        self
    }
}

/// RFC 6749 §2.3.1.
fn basic(client_id: &str, secret: &Secret) -> String {
    let mut credentials = String::new();
    form_encode(&mut credentials, client_id);
    credentials.push(':');
    form_encode(&mut credentials, secret.expose());
    let credentials = Secret::new(credentials);
    let mut header = String::from("Basic ");
    header.push_str(&Base64::encode_string(credentials.expose().as_bytes()));
    header
}

/// How an access token is used (RFC 6749 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

impl TokenType {
    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
        }
    }
}

/// A token response (RFC 6749 §5.1).
#[derive(Debug)]
pub struct TokenSet {
    /// Not empty.
    pub access_token: Secret,
    /// How it is used.
    pub token_type: TokenType,
    /// Lifetime in milliseconds, counted from when the request was sent; `None` means unknown.
    pub expires_in: Option<u64>,
    /// What was granted.
    pub scope: Option<String>,
    /// Where the server gave one.
    pub refresh_token: Option<Secret>,
    /// Where the server gave one. Not validated.
    pub id_token: Option<Secret>,
    /// An object of the members as they came, without the ones that became a field above.
    pub other: Json,
}

/// RFC 6749 §5.1, without the members that are null: a server which answers so has nothing to say.
const TOKEN_RESPONSE: Shape = Shape {
    prefix: "",
    members: &[(Kind::Text, "access_token token_type scope refresh_token id_token")],
    is_open: true,
    error: |_, _| Error::malformed_tokens("a member that must be a string is none"),
};

impl TokenSet {
    fn from_response(response: &Response, purpose: Purpose) -> Result<Self, Error> {
        let malformed = |problem| Err(Error::malformed_tokens(problem));
        let json = response.json_object();
        if response.status != 200 {
            let oauth = json.as_ref().and_then(OAuthError::from_members);
            return Err(ErrorKind::TokenRequestFailed { purpose, status: response.status, oauth }.into());
        }
        let Some(Json::Object(mut members)) = json else {
            return malformed("it is not a JSON object sent as application/json");
        };
        members.retain(|(_, value)| !matches!(value, Json::Null));
        let mut json = SecretObject::from(Json::Object(members));
        TOKEN_RESPONSE.check(&json)?;
        let expires_in = json.member("expires_in").map(Json::as_millis);
        if expires_in == Some(None) {
            return malformed("expires_in is not a number of seconds");
        }
        if !json.text("token_type").is_some_and(|token_type| token_type.eq_ignore_ascii_case("bearer")) {
            return malformed("its token_type is missing, or not one that was asked for");
        }
        let mut take = |name| json.take_text(name).filter(|text| !text.is_empty());
        // RFC 6749 appendix A.12: what else is in it goes into no header field.
        let Some(access_token) = take("access_token").filter(|token| token.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        else {
            return malformed("it has no access_token of printable characters");
        };
        Ok(Self {
            access_token: Secret::new(access_token),
            token_type: TokenType::Bearer,
            expires_in: expires_in.flatten(),
            scope: take("scope"),
            refresh_token: take("refresh_token").map(Secret::new),
            id_token: take("id_token").map(Secret::new),
            other: json.take(),
        })
    }
}

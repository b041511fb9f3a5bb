//! The token request and response for a code (RFC 6749 §4.1.3, §5), and the hand-off, by which a page lets its backend make the
//! request.

use base64ct::{Base64, Encoding};

use super::authorization::is_openid;
use super::error::{Error, ErrorKind, Flaw, OAuthError, is_passing};
use super::http::{FORM, Purpose, Request, Response};
use super::json::{Json, SecretObject};
use super::secret::Secret;
use super::shape::{Kind, Shape};
use super::text::parts;
use super::url::{append_parameter, form_encode};

/// A code whose authorization response was validated. It is redeemed once, by the page or by a backend.
///
/// It holds the members of its transaction, with `code` and `iss` of the response; at a backend, the members of the hand-off.
#[derive(Debug)]
pub struct CodeExchange(pub(super) SecretObject);

/// How the client authenticates at the token endpoint (RFC 6749 §2.3).
#[derive(Debug)]
pub enum ClientAuthentication<'a> {
    /// A public client: it sends only its identifier.
    None,
    /// `client_secret_post`: the secret among the form's parameters.
    SecretPost(&'a Secret),
    /// `client_secret_basic`: HTTP Basic, identifier and secret form-encoded first.
    SecretBasic(&'a Secret),
}

impl CodeExchange {
    /// The client identifier to which the server issued the code.
    pub fn client_id(&self) -> &str {
        self.0.text("client_id").unwrap_or_default()
    }

    /// The code.
    pub fn code(&self) -> Option<&str> {
        self.0.text("code")
    }

    /// The code verifier (RFC 7636 §4.1), if the authorization request had a challenge.
    pub fn code_verifier(&self) -> Option<&str> {
        self.0.text("code_verifier")
    }

    /// The scope of the authorization request, if one was sent.
    pub fn scope(&self) -> Option<&str> {
        self.0.text("scope")
    }

    /// The redirect URI of the authorization request, if one was sent.
    pub fn redirect_uri(&self) -> Option<&str> {
        self.0.text("redirect_uri")
    }

    /// The issuer in the authorization response (RFC 9207), if there is one.
    pub fn iss(&self) -> Option<&str> {
        self.0.text("iss")
    }

    /// The `state` of the authorization request, which is unique.
    pub fn state(&self) -> Option<&str> {
        self.0.text("state")
    }

    /// The nonce of the authorization request, if one was sent: the request then asked for `openid`.
    pub fn nonce(&self) -> Option<&str> {
        self.0.text("nonce")
    }

    /// `max_age` of the authorization request, in milliseconds.
    pub fn max_age(&self) -> Option<u64> {
        self.0.member("max_age").and_then(Json::as_millis)
    }

    /// The claim request for `acr`, if it was essential.
    pub fn acr(&self) -> Option<&Json> {
        self.0.member("acr")
    }

    /// The resources of the authorization request (RFC 8707).
    pub fn resource(&self) -> Option<&Json> {
        self.0.member("resource")
    }

    /// The app state, which the app gets back after the login.
    pub fn app_state(&self) -> Option<&Json> {
        self.0.member_or_null("app_state")
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
    /// `token_request_failed`, `token_response_malformed`; `id_token_invalid` if the request asked for `openid` and the answer
    /// contains no ID token.
    pub fn finish(&self, response: &Response) -> Result<TokenSet, Error> {
        self.finish_of_type(response, TokenType::bearer)
    }

    /// The same, for tokens of further types.
    pub(super) fn finish_of_type(&self, response: &Response, type_of: TypeOf) -> Result<TokenSet, Error> {
        let mut tokens = TokenSet::from_response(response, Purpose::Token, type_of)?;
        let asked = self.0.text("scope");
        if tokens.id_token.is_none() && (self.0.text("nonce").is_some() || asked.is_some_and(is_openid)) {
            return Err(ErrorKind::IdTokenInvalid(Flaw::of("", "the token response has none")).into());
        }
        // RFC 6749 §5.1: the server leaves the scope out if it is the requested one.
        if tokens.scope.is_none() {
            tokens.scope = asked.map(Into::into);
        }
        Ok(tokens)
    }

    /// The request that hands the code to the page's own backend. `headers`, an object of strings, are the app's; the headers
    /// that the hand-off needs win over them.
    pub fn hand_off(&self, exchange_url: &str, headers: Option<&Json>) -> Request {
        let body = members_of_hand_off(&self.0);
        Request::post(Purpose::HandOff, exchange_url.into(), "application/json", Secret::new(body.to_text())).to_backend(headers)
    }

    /// Reads a hand-off, at the backend. The page has validated the response. The backend checks the rest: who sent the
    /// hand-off, and whether client identifier, redirect URI and issuer are its own.
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
        // No other member that a page may send reaches the token request.
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
/// `session_ended` if the server does not accept the refresh token any more; `token_request_failed`,
/// `token_response_malformed`. [`RefreshFailure`] says what each means.
pub fn refreshed(response: &Response) -> Result<TokenSet, Error> {
    refreshed_of_type(response, TokenType::bearer)
}

/// The same, for tokens of further types.
pub(super) fn refreshed_of_type(response: &Response, type_of: TypeOf) -> Result<TokenSet, Error> {
    TokenSet::from_response(response, Purpose::Refresh, type_of).map_err(|error| match error.oauth() {
        Some(oauth) if oauth.error == "invalid_grant" && response.status < 500 => {
            ErrorKind::SessionEnded(Some(Box::new(oauth.clone()))).into()
        }
        _ => error,
    })
}

/// The members that a backend receives (`HandOff` of the JavaScript API), in this order. The values to compare the ID token
/// with come last.
const HAND_OFF: Shape = Shape {
    prefix: "body",
    members: &[
        (Kind::Text, "code state code_verifier redirect_uri client_id iss nonce"),
        (Kind::Seconds, "max_age"),
        (Kind::Object, "acr"),
    ],
    lacks: &[],
    is_open: true,
    has_nulls: false,
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
    /// Adds the app's own `headers`, and the header that no form and no other origin can send: it makes a forged request need a
    /// preflight, which the backend does not answer.
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

/// HTTP Basic credentials (RFC 6749 §2.3.1).
pub(super) fn basic(client_id: &str, secret: &Secret) -> String {
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
    /// RFC 9449: with a proof in each request.
    #[cfg(feature = "dpop")]
    DPoP,
}

/// The token type with this name from a server; `None` if the client cannot use it.
pub(super) type TypeOf = fn(&str) -> Option<TokenType>;

impl TokenType {
    /// The registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            #[cfg(feature = "dpop")]
            Self::DPoP => "DPoP",
        }
    }

    /// The type of a request without a proof. Names are compared without case (RFC 6749 §5.1).
    pub(super) fn bearer(name: &str) -> Option<Self> {
        name.eq_ignore_ascii_case("bearer").then_some(Self::Bearer)
    }
}

/// A token response (RFC 6749 §5.1).
#[derive(Debug)]
pub struct TokenSet {
    /// Not empty.
    pub access_token: Secret,
    /// How it is used.
    pub token_type: TokenType,
    /// Lifetime in milliseconds, counted from when the request was sent; `None` if unknown.
    pub expires_in: Option<u64>,
    /// Lifetime of the refresh token in milliseconds, counted likewise, if the server publishes it.
    pub refresh_expires_in: Option<u64>,
    /// The granted scope.
    pub scope: Option<String>,
    /// The refresh token, if the server gave one.
    pub refresh_token: Option<Secret>,
    /// The ID token, if the server gave one. Not validated yet.
    pub id_token: Option<Secret>,
    /// An object of all other members, as they came: without the scope and the tokens above.
    pub other: Json,
}

/// The longest lifetime in milliseconds: about 3,000 years, so that its end is still a date in JavaScript. Some servers say
/// “for ever” by their largest number.
const LONGEST_LIFETIME: u64 = 100_000_000_000_000;

impl TokenSet {
    /// Judges an answer by its content: an object with a string `error` is an error whatever the status; otherwise any 2xx is a
    /// success. An optional member with an invalid value counts as absent.
    fn from_response(response: &Response, purpose: Purpose, type_of: TypeOf) -> Result<Self, Error> {
        let malformed = |problem| Err(Error::malformed_tokens(problem));
        let json = response.json_object();
        let oauth = json.as_ref().and_then(OAuthError::from_members);
        if oauth.is_some() || !response.is_success() {
            return Err(ErrorKind::TokenRequestFailed { purpose, status: response.status, oauth }.into());
        }
        let Some(json) = json else {
            return malformed("it is not a JSON object sent as application/json");
        };
        let mut json = SecretObject::from(json);
        let token_type = json.member("token_type").filter(|token_type| token_type.as_str() != Some(""));
        let token_type = token_type.map_or(Some(TokenType::Bearer), |name| name.as_str().and_then(type_of));
        let Some(token_type) = token_type else {
            return malformed("its token_type is not Bearer");
        };
        let lifetime = |name| json.member(name).and_then(Json::as_millis).map(|millis| millis.min(LONGEST_LIFETIME));
        let expires_in = lifetime("expires_in");
        // Not in the standards, but some servers publish it; there, 0 means “never”.
        let refresh_expires_in =
            lifetime("refresh_token_expires_in").or(lifetime("refresh_expires_in")).filter(|millis| *millis > 0);
        let scope = json.remove("scope").as_ref().and_then(scope_of);
        let mut take = |name| match json.remove(name) {
            Some(Json::String(text)) if !text.is_empty() => Some(text),
            Some(_) | None => None,
        };
        // RFC 6749 appendix A.12: a token with any other character must not get into a header field.
        let Some(access_token) = take("access_token").filter(|token| token.bytes().all(|byte| matches!(byte, b' '..=b'~')))
        else {
            return malformed("it has no access_token of printable characters");
        };
        Ok(Self {
            access_token: Secret::new(access_token),
            token_type,
            expires_in,
            refresh_expires_in,
            scope,
            refresh_token: take("refresh_token").map(Secret::new),
            id_token: take("id_token").map(Secret::new),
            other: json.take(),
        })
    }
}

/// The granted scope: a string, or an array of strings as some servers send it; `None` if it is empty or anything else.
fn scope_of(value: &Json) -> Option<String> {
    let mut scope = String::new();
    for token in value.items() {
        let token = token.as_str()?;
        if !scope.is_empty() && !token.is_empty() {
            scope.push(' ');
        }
        scope.push_str(token);
    }
    Some(scope).filter(|scope| !scope.is_empty())
}

/// What the failure of a refresh means for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshFailure {
    /// The server's definite answer: it refuses the refresh token, or the user behind it, for good.
    Definite,
    /// The server refuses, and a repetition cannot change that: the session lasts as long as its access token.
    Refused,
    /// The server could not be reached, or could not answer: the client tries the refresh again.
    Unreachable,
}

impl RefreshFailure {
    /// Judges the error of a refresh.
    pub fn of(error: &Error) -> Self {
        // A server may be about to publish the key that an ID token names.
        if let ErrorKind::IdTokenInvalid(flaw) = error.kind() {
            return if flaw.claim == "kid" { Self::Unreachable } else { Self::Definite };
        }
        if matches!(error.kind(), ErrorKind::SessionEnded(_)) {
            return Self::Definite;
        }
        if let ErrorKind::TokenRequestFailed { status, oauth, .. } = error.kind()
            && !is_passing(*status, oauth.as_deref())
            // A proxy may have sent any other status without an OAuth error (RFC 6749).
            && (oauth.is_some() || matches!(status, 400 | 401 | 403))
        {
            return Self::Refused;
        }
        Self::Unreachable
    }
}

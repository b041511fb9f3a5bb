//! [`Tokens`]: the tokens of one login, and their data. They exist in the page's memory, and sealed in the store; nowhere else.

#[cfg(feature = "resources")]
mod apis;

use super::moment::Moment;
use super::snapshot::{Session, Status};
use crate::protocol::http::Request;
use crate::protocol::json::{Json, SecretObject};
use crate::protocol::pkce::digest;
use crate::protocol::secret::Secret;
use crate::protocol::token::{CodeExchange, TokenSet, TokenType, refresh_request};

/// The tokens of one login, in the form in which a store keeps them: a JSON object. A member without a value is left out.
///
/// | member | value |
/// | --- | --- |
/// | `v` | 1, the version of this form |
/// | `access_token`, `refresh_token`, `id_token`, `scope` | as the server sent them |
/// | `claims` | the claims of the ID token, validated |
/// | `login` | the `state` of the authorization request: it identifies the login of these tokens, also after they were renewed |
/// | `resource` | the resources of the login (RFC 8707) |
/// | `replaced` | a digest of the access token before the last renewal |
/// | `expires_at` | when the access token expires, in milliseconds since the Unix epoch |
/// | `lifetime` | the whole lifetime of the access token, in milliseconds |
/// | `ends_at` | when the refresh token expires, in milliseconds since the Unix epoch |
/// | `apis` | the tokens for APIs, by their resources: each is such an object |
/// | `token_type` | how the access token is used; absent, if it is a bearer token |
/// | `dpop_jkt` | the thumbprint of the key to which the login was bound (RFC 9449 §10) |
///
/// No code outside of this file knows that form: tokens are given out as [`Secret`].
pub(crate) struct Tokens {
    record: SecretObject,
    /// When the access token expires, on the monotonic clock. `None` if the server did not say.
    expires_at: Option<u64>,
    /// Whether the server has refused to renew these tokens.
    are_refused: bool,
    /// The access tokens for APIs, by their resources. Each is a record with an access token, and without a refresh token.
    #[cfg(feature = "resources")]
    apis: apis::Apis,
}

const ACCESS_TOKEN: &str = "access_token";
const REFRESH_TOKEN: &str = "refresh_token";
const LOGIN: &str = "login";
const RESOURCE: &str = "resource";
const REPLACED: &str = "replaced";
const EXPIRES_AT: &str = "expires_at";
const LIFETIME: &str = "lifetime";
const ENDS_AT: &str = "ends_at";
#[cfg(feature = "dpop")]
const TOKEN_TYPE: &str = "token_type";
const BOUND_TO: &str = "dpop_jkt";

impl Tokens {
    /// The answer to a request that was sent at `sent_at`: the time on the network counts against the token. `claims` are those
    /// of the ID token, if it was validated.
    fn of_response(tokens: TokenSet, claims: Option<Json>, sent_at: Moment) -> Self {
        let mut record = SecretObject::empty();
        record.set("v", Json::from(1));
        record.set_text(ACCESS_TOKEN, Some(tokens.access_token.expose()));
        record.set_text(REFRESH_TOKEN, tokens.refresh_token.as_ref().map(Secret::expose));
        // Without claims, nobody has requested an ID token, and so nobody has validated it.
        record.set_text("id_token", tokens.id_token.as_ref().filter(|_| claims.is_some()).map(Secret::expose));
        record.set_text("scope", tokens.scope.as_deref());
        if let Some(claims) = claims {
            record.set("claims", claims);
        }
        for (name, lifetime) in [(EXPIRES_AT, tokens.expires_in), (ENDS_AT, tokens.refresh_expires_in)] {
            if let Some(lifetime) = lifetime {
                record.set(name, Json::from(sent_at.wall.saturating_add(lifetime)));
            }
        }
        if let Some(lifetime) = tokens.expires_in {
            record.set(LIFETIME, Json::from(lifetime));
        }
        #[cfg(feature = "dpop")]
        record.set_text(TOKEN_TYPE, Some(tokens.token_type.as_str()));
        let expires_at = tokens.expires_in.map(|lifetime| sent_at.monotonic.saturating_add(lifetime));
        Self {
            record,
            expires_at,
            are_refused: false,
            #[cfg(feature = "resources")]
            apis: apis::Apis::default(),
        }
    }

    /// The tokens for which `exchange` was redeemed.
    pub(crate) fn of_login(tokens: TokenSet, claims: Option<Json>, exchange: &CodeExchange, sent_at: Moment) -> Self {
        let mut begun = Self::of_response(tokens, claims, sent_at);
        begun.record.set_text(LOGIN, exchange.state());
        begun.record.set_copy(RESOURCE, exchange.resource());
        #[cfg(feature = "dpop")]
        begun.record.set_text(BOUND_TO, exchange.key_thumbprint());
        begun
    }

    /// These tokens, renewed to `tokens`. A value that the server did not send again stays as it is.
    pub(crate) fn renewed(&self, tokens: TokenSet, claims: Option<Json>, sent_at: Moment) -> Self {
        let mut renewed = Self::of_response(tokens, claims, sent_at);
        renewed.record.set_text(REPLACED, self.record.text(ACCESS_TOKEN).map(digest).as_deref());
        // The end of one refresh token says nothing about another one, or about this one after the server has renewed it.
        let has_end = !renewed.can_renew() && self.record.integer(ENDS_AT) > Some(sent_at.wall);
        for (name, value) in self.record.members() {
            let is_over = name == EXPIRES_AT || name == LIFETIME || name == ENDS_AT && !has_end;
            if !is_over && renewed.record.member(name).is_none() {
                renewed.record.set(name, value.clone());
            }
        }
        #[cfg(feature = "resources")]
        renewed.take_apis_of(self);
        renewed
    }

    /// Reads the stored form. `None` if the form is another one, or if the tokens have expired and cannot be renewed.
    pub(crate) fn from_record(record: SecretObject, now: Moment) -> Option<Self> {
        let left = record.member(EXPIRES_AT).map(|_| record.integer(EXPIRES_AT).unwrap_or_default().saturating_sub(now.wall));
        let expires_at = left.map(|left| now.monotonic.saturating_add(left));
        #[cfg(feature = "resources")]
        let (record, apis) = apis::separated(record, now);
        let tokens = Self {
            record,
            expires_at,
            are_refused: false,
            #[cfg(feature = "resources")]
            apis,
        };
        let is_over = left == Some(0) && !tokens.can_renew();
        let is_record = tokens.record.integer("v") == Some(1) && tokens.record.text(ACCESS_TOKEN).is_some();
        // Without proofs, nobody can use tokens that are bound to a key.
        #[cfg(not(feature = "dpop"))]
        let is_record = is_record && tokens.record.member(BOUND_TO).is_none();
        (is_record && !is_over).then_some(tokens)
    }

    /// The login that the stored form names, read without the other members.
    pub(crate) fn login_in(record: &SecretObject) -> Option<&str> {
        record.text(LOGIN)
    }

    /// The stored form.
    #[cfg(not(feature = "resources"))]
    pub(crate) fn to_record(&self) -> Secret {
        Secret::new(self.record.to_text())
    }

    #[cfg(not(feature = "resources"))]
    fn is_of_api(&self) -> bool {
        false
    }

    /// The token of `target`: there is one.
    #[cfg(not(feature = "resources"))]
    pub(crate) fn of(&self, _: &super::target::Target) -> Option<&Self> {
        Some(self)
    }

    /// The part of these tokens that the page may know.
    pub(crate) fn snapshot(&self) -> Session {
        Session {
            status: Status::SignedIn,
            ended_by: None,
            claims: self.record.member("claims").cloned(),
            scope: self.record.text("scope").map(String::from),
            expires_at: self.record.integer(EXPIRES_AT).map(|millis| millis / 1000),
            ends_at: self.record.integer(ENDS_AT).map(|millis| millis / 1000),
            #[cfg(feature = "idle")]
            ending_at: None,
            #[cfg(feature = "idle")]
            was_idle: false,
            #[cfg(feature = "dpop")]
            token_type: Some(self.token_type()),
            #[cfg(not(feature = "dpop"))]
            token_type: Some(TokenType::Bearer),
        }
    }

    /// How the access token is used.
    #[cfg(feature = "dpop")]
    fn token_type(&self) -> TokenType {
        let is_bound = self.record.text(TOKEN_TYPE) == Some(TokenType::DPoP.as_str());
        if is_bound { TokenType::DPoP } else { TokenType::Bearer }
    }

    /// How `token` is used, if it is one of these tokens.
    #[cfg(feature = "dpop")]
    pub(crate) fn type_of(&self, token: &str) -> TokenType {
        #[cfg(feature = "resources")]
        if let Some(api) = self.api_that_holds(token) {
            return api.token_type();
        }
        if self.hold(token) { self.token_type() } else { TokenType::Bearer }
    }

    /// The thumbprint of the key to which the login was bound, if it was.
    #[cfg(feature = "dpop")]
    pub(crate) fn bound_to(&self) -> Option<&str> {
        self.record.text(BOUND_TO)
    }

    /// The access token, valid or not.
    pub(crate) fn access_token(&self) -> Option<Secret> {
        self.record.text(ACCESS_TOKEN).map(|text| Secret::new(text.into()))
    }

    /// Whether the access token is `token`.
    pub(crate) fn hold(&self, token: &str) -> bool {
        self.record.text(ACCESS_TOKEN) == Some(token)
    }

    /// Whether the access token is `token`, renewed once: it belongs to the same login, and so to the same user.
    pub(crate) fn have_replaced(&self, token: &str) -> bool {
        self.record.text(REPLACED) == Some(&digest(token))
    }

    /// Whether the access token is valid for `min_validity` milliseconds more. The monotonic clock decides; but it may stand
    /// still while the machine sleeps, so a token that can be renewed must be valid on the wall clock too.
    pub(crate) fn is_valid(&self, now: Moment, min_validity: u64) -> bool {
        let is_before = |clock: u64, end: Option<u64>| end.is_none_or(|end| clock.saturating_add(min_validity) < end);
        let is_valid_on_wall = || is_before(now.wall, self.record.integer(EXPIRES_AT));
        is_before(now.monotonic, self.expires_at) && (!(self.can_renew() || self.is_of_api()) || is_valid_on_wall())
    }

    /// What distinguishes the access token from those before and after it: its text and its end. Some servers send the same text
    /// again, with a later end.
    pub(crate) fn version(&self) -> Secret {
        let end = self.record.member(EXPIRES_AT).and_then(Json::as_number).unwrap_or_default();
        Secret::new([self.record.text(ACCESS_TOKEN).unwrap_or_default(), end].concat())
    }

    /// The whole lifetime of the access token, in milliseconds. `None` if the server did not say.
    pub(crate) fn lifetime(&self) -> Option<u64> {
        self.record.integer(LIFETIME)
    }

    /// When nothing can renew the access token any more. `None` if that is unknown.
    pub(crate) fn due(&self) -> Option<Moment> {
        let (wall, monotonic) = (self.record.integer(EXPIRES_AT)?, self.expires_at?);
        let longer = match self.can_renew() && !self.are_refused {
            true => self.record.integer(ENDS_AT)?.saturating_sub(wall),
            false => 0,
        };
        Some(Moment { wall: wall.saturating_add(longer), monotonic: monotonic.saturating_add(longer) })
    }

    /// The server has refused to renew these tokens.
    pub(crate) fn refuse(&mut self) {
        self.are_refused = true;
    }

    pub(crate) fn are_refused(&self) -> bool {
        self.are_refused
    }

    /// Whether the server gave a refresh token.
    pub(crate) fn can_renew(&self) -> bool {
        self.record.text(REFRESH_TOKEN).is_some()
    }

    /// The token to revoke at this `place` in their order, with its hint (RFC 7009 §2.1): the refresh token first. `None` after the
    /// last one; `Some(None)` if there is no such token.
    pub(crate) fn to_revoke(&self, place: usize) -> Option<Option<(&'static str, &str)>> {
        let hint = match place {
            0 => REFRESH_TOKEN,
            1 => ACCESS_TOKEN,
            #[cfg(feature = "resources")]
            _ => return self.text_of_api(place - 2).map(|text| Some((ACCESS_TOKEN, text))),
            #[cfg(not(feature = "resources"))]
            _ => return None,
        };
        Some(self.record.text(hint).map(|token| (hint, token)))
    }

    /// Takes over the refresh token that replaces the present one, if there is one.
    pub(crate) fn rotate(&mut self, refresh_token: Option<&Secret>) {
        self.record.set_text(REFRESH_TOKEN, refresh_token.map(Secret::expose));
    }

    /// The request that renews the access token. `None` if the server gave no refresh token.
    pub(crate) fn refresh_request(&self, token_endpoint: &str, client_id: &str) -> Option<Request> {
        let refresh_token = self.record.text(REFRESH_TOKEN)?;
        Some(refresh_request(token_endpoint, client_id, refresh_token, self.record.member(RESOURCE)))
    }

    /// The ID token: the hint for a logout at the server.
    pub(crate) fn id_token(&self) -> Option<&str> {
        self.record.text("id_token")
    }

    /// The `state` of the authorization request to which these tokens go back.
    pub(crate) fn login(&self) -> Option<&str> {
        Self::login_in(&self.record)
    }
}

//! The access tokens for APIs (RFC 8707), which the refresh token of the login brings.

use std::rc::Rc;

use super::{ACCESS_TOKEN, ENDS_AT, REFRESH_TOKEN, REPLACED, RESOURCE, Tokens};
use crate::client::session::moment::Moment;
use crate::client::session::target::Target;
use crate::protocol::http::Request;
use crate::protocol::json::{Json, SecretObject};
use crate::protocol::pkce::digest;
use crate::protocol::resources::api_request;
use crate::protocol::secret::Secret;
use crate::protocol::token::TokenSet;

const APIS: &str = "apis";

/// By their resources.
#[derive(Default)]
pub(super) struct Apis(Vec<(Rc<str>, Tokens)>);

/// The stored form of a session without the tokens for APIs, and these tokens. One that has expired is dropped: the refresh token
/// brings another.
pub(super) fn separated(mut record: SecretObject, now: Moment) -> (SecretObject, Apis) {
    let apis = SecretObject::from(record.remove(APIS).unwrap_or(Json::Null));
    let read = |(resource, record): &(String, Json)| {
        let tokens = Tokens::from_record(SecretObject::from(record.clone()), now)?;
        Some((Rc::from(resource.as_str()), tokens))
    };
    let apis = Apis(apis.members().iter().filter_map(read).collect());
    (record, apis)
}

impl Tokens {
    /// The token of `target`, if there is one.
    pub(crate) fn of(&self, target: &Target) -> Option<&Self> {
        match target {
            None => Some(self),
            Some(resource) => self.apis.0.iter().find(|(other, _)| other == resource).map(|(_, tokens)| tokens),
        }
    }

    pub(super) fn text_of_api(&self, place: usize) -> Option<&str> {
        self.apis.0.get(place).and_then(|(_, tokens)| tokens.record.text(ACCESS_TOKEN))
    }

    pub(super) fn api_that_holds(&self, token: &str) -> Option<&Self> {
        self.apis.0.iter().map(|(_, tokens)| tokens).find(|tokens| tokens.hold(token))
    }

    /// Whether the login's own access token is for `resource`, and for nothing else.
    pub(crate) fn is_for(&self, resource: Option<&str>) -> bool {
        match self.record.member(RESOURCE).map_or(&[][..], Json::items) {
            [only] => only.as_str() == resource,
            _ => false,
        }
    }

    /// The stored form.
    pub(crate) fn to_record(&self) -> Secret {
        let mut record = SecretObject::from(self.record.clone());
        if !self.apis.0.is_empty() {
            let mut apis = Json::empty();
            for (resource, tokens) in &self.apis.0 {
                apis.set(resource, tokens.record.clone());
            }
            record.set(APIS, apis);
        }
        Secret::new(record.to_text())
    }

    pub(super) fn take_apis_of(&mut self, before: &Self) {
        self.apis = Apis(before.apis.0.iter().map(|(resource, tokens)| (resource.clone(), tokens.copied())).collect());
    }

    fn copied(&self) -> Self {
        let record = SecretObject::from(self.record.clone());
        Self { record, expires_at: self.expires_at, are_refused: self.are_refused, apis: Apis::default() }
    }

    /// The request for the access token of `resource`.
    pub(crate) fn api_request(&self, endpoint: &str, client_id: &str, resource: &str, scope: Option<&str>) -> Option<Request> {
        Some(api_request(endpoint, client_id, self.record.text(REFRESH_TOKEN)?, resource, scope))
    }

    /// These tokens, and the token for `resource` that the refresh token has brought. The login's own access token stays.
    pub(crate) fn with_api(&self, resource: &Rc<str>, tokens: TokenSet, sent_at: Moment) -> Self {
        let mut all = self.copied();
        all.take_apis_of(self);
        let mut api = Self::of_response(tokens, None, sent_at);
        if let Some(refresh_token) = api.record.remove(REFRESH_TOKEN) {
            all.record.set(REFRESH_TOKEN, refresh_token);
            all.record.remove(ENDS_AT);
        }
        if let Some(ends_at) = api.record.remove(ENDS_AT) {
            all.record.set(ENDS_AT, ends_at);
        }
        let before = self.of(&Some(resource.clone())).and_then(|before| before.record.text(ACCESS_TOKEN).map(digest));
        api.record.set_text(REPLACED, before.as_deref());
        all.apis.0.retain(|(other, _)| other != resource);
        all.apis.0.push((resource.clone(), api));
        all
    }

    /// Whether this is the token of an API: a login has none.
    pub(super) fn is_of_api(&self) -> bool {
        self.login().is_none()
    }
}

//! What a request carries in a build without the feature `dpop`: the access token.

use web_sys::Headers;

use crate::client::{Client, Refusal};
use crate::protocol::error::Error;
use crate::protocol::secret::Secret;

use super::{Browser, FetchError};

pub(super) struct Carried {
    token: Secret,
    is_newer: bool,
}

/// An API's answer.
pub(super) struct Answer<'a> {
    #[expect(dead_code, reason = "proofs need it")]
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) answered_by: &'a str,
    pub(super) status: u16,
    pub(super) www_authenticate: Option<&'a str>,
    #[expect(dead_code, reason = "proofs need it")]
    pub(super) nonce: Option<&'a str>,
}

impl Carried {
    pub(super) async fn first(client: &Client<Browser>, _: &str, url: &str) -> Result<Self, Error> {
        Ok(Self { token: client.access_token_for(url).await?, is_newer: false })
    }

    pub(super) fn add_to(&self, headers: &Headers) -> Result<(), FetchError> {
        let field = Secret::new(format!("Bearer {}", self.token.expose()));
        Ok(headers.set("authorization", field.expose())?)
    }

    pub(super) async fn after(&self, client: &Client<Browser>, answer: &Answer<'_>) -> Result<Option<Self>, Error> {
        if answer.status != 401 || self.is_newer {
            return Ok(None);
        }
        let refusal = Refusal {
            url: answer.url,
            answered_by: answer.answered_by,
            token: self.token.expose(),
            www_authenticate: answer.www_authenticate,
        };
        Ok(client.access_token_after(&refusal).await?.map(|token| Self { token, is_newer: true }))
    }
}

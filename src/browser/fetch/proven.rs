//! What a request carries: the access token, and a proof if the token is bound to a key.

use web_sys::Headers;

pub(super) use crate::client::ApiAnswer as Answer;
use crate::client::{Client, Credentials};
use crate::protocol::error::Error;

use super::{Browser, FetchError};

pub(super) struct Carried(Credentials);

impl Carried {
    pub(super) async fn first(client: &Client<Browser>, method: &str, url: &str) -> Result<Self, Error> {
        client.credentials_for(method, url).await.map(Self)
    }

    pub(super) fn add_to(&self, headers: &Headers) -> Result<(), FetchError> {
        headers.set("authorization", self.0.authorization().expose())?;
        if let Some(proof) = self.0.proof() {
            headers.set("dpop", proof)?;
        }
        Ok(())
    }

    pub(super) async fn after(&self, client: &Client<Browser>, answer: &Answer<'_>) -> Result<Option<Self>, Error> {
        Ok(client.credentials_after(&self.0, answer).await?.map(Self))
    }
}

//! The calls of `client.fetch` with a proof. `npm/fetch-with-proof.ts` makes them.

use crate::browser::Browser;
use crate::client::{ApiAnswer, Client, Credentials};
use crate::protocol::error::Error;
use crate::protocol::json::SecretObject;

/// The JSON text of the credentials for a request. `asked` is the JSON text of its method and URL; and, to send it once more, of
/// the API's answer and the credentials before. `None` if that cannot help.
pub(super) async fn credentials(client: &Client<Browser>, asked: &str) -> Result<Option<String>, Error> {
    let mut asked = SecretObject::parse(asked.as_bytes()).unwrap_or_default();
    let before = asked.remove("credentials").map(Credentials::from_json);
    let text = |name| asked.text(name).unwrap_or_default();
    let answer = ApiAnswer {
        method: text("method"),
        url: text("url"),
        answered_by: text("answeredBy"),
        status: asked.integer("status").unwrap_or_default() as u16,
        www_authenticate: asked.text("wwwAuthenticate"),
        nonce: asked.text("nonce"),
    };
    let credentials = client.credentials(before.as_ref(), &answer).await?;
    Ok(credentials.map(|credentials| credentials.to_text()))
}

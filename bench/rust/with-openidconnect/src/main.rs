//! The template with openidconnect. That crate has messages and checks; the app itself decides where the state is kept and what
//! a view shows. No tabs, no store for tokens, no refresh.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse, reqwest,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Storage, Window};
use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    let name = use_state(|| None::<String>);
    let set = name.setter();
    use_effect_with((), move |()| {
        spawn_local(async move {
            if let Some(name) = answer().await {
                set.set(Some(name));
            }
        });
    });
    html! {
        if let Some(name) = &*name {
            <h1>{ "Hello, " }{ name }</h1>
            <button onclick={|_| reload()}>{ "Log out" }</button>
        } else {
            <button onclick={|_| spawn_local(async { let _ = begin().await; })}>{ "Log in" }</button>
        }
    }
}

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

async fn client() -> Option<Client> {
    let http = reqwest::Client::new();
    let issuer = IssuerUrl::new("https://login.example".into()).ok()?;
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.ok()?;
    let redirect_uri = RedirectUrl::new("https://app.example/callback".into()).ok()?;
    Some(CoreClient::from_provider_metadata(metadata, ClientId::new("my-app".into()), None).set_redirect_uri(redirect_uri))
}

async fn begin() -> Option<()> {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let (url, state, nonce) = client()
        .await?
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".into()))
        .set_pkce_challenge(challenge)
        .url();
    let store = store()?;
    store.set_item("state", state.secret()).ok()?;
    store.set_item("nonce", nonce.secret()).ok()?;
    store.set_item("verifier", verifier.secret()).ok()?;
    window()?.location().assign(url.as_str()).ok()
}

async fn answer() -> Option<String> {
    let url = openidconnect::url::Url::parse(&window()?.location().href().ok()?).ok()?;
    let parameter = |name: &str| url.query_pairs().find(|(other, _)| other == name).map(|(_, value)| value.into_owned());
    let (code, state) = (parameter("code")?, parameter("state")?);
    let take = |name: &str| {
        let store = store()?;
        let value = store.get_item(name).ok()??;
        store.remove_item(name).ok()?;
        Some(value)
    };
    if take("state")? != state {
        return None;
    }
    let (nonce, verifier) = (Nonce::new(take("nonce")?), PkceCodeVerifier::new(take("verifier")?));
    let client = client().await?;
    let request = client.exchange_code(AuthorizationCode::new(code)).ok()?.set_pkce_verifier(verifier);
    let tokens = request.request_async(&reqwest::Client::new()).await.ok()?;
    let claims = tokens.id_token()?.claims(&client.id_token_verifier(), &nonce).ok()?;
    Some(claims.name()?.get(None)?.to_string())
}

fn reload() {
    let _ = window().map(|window| window.location().assign("/"));
}

fn store() -> Option<Storage> {
    window()?.session_storage().ok()?
}

fn window() -> Option<Window> {
    web_sys::window()
}

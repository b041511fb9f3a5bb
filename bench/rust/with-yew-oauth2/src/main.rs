//! The template with yew-oauth2 and its openid feature, as its documentation shows it.

use yew::prelude::*;
use yew_oauth2::openid::{Config, OAuth2, use_auth_agent};
use yew_oauth2::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    let config = Config::new("my-app", "https://login.example");
    html! {
        <OAuth2 {config} scopes={vec!["openid".to_string(), "profile".to_string()]}>
            <Main />
        </OAuth2>
    }
}

#[component]
fn Main() -> Html {
    let agent = use_auth_agent();
    let log_in = use_callback(agent.clone(), |_, agent| {
        let _ = agent.as_ref().map(|agent| agent.start_login());
    });
    let log_out = use_callback(agent, |_, agent| {
        let _ = agent.as_ref().map(|agent| agent.logout());
    });
    let context = use_context::<OAuth2Context>();
    let name =
        context.as_ref().and_then(|context| context.claims()).and_then(|claims| Some(claims.name()?.get(None)?.to_string()));
    html! {
        <>
            <Authenticated>
                <h1>{ "Hello, " }{ name }</h1>
                <button onclick={log_out}>{ "Log out" }</button>
            </Authenticated>
            <NotAuthenticated><button onclick={log_in}>{ "Log in" }</button></NotAuthenticated>
        </>
    }
}

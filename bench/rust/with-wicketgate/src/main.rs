//! The bare template and the ten lines of docs/rust.md, with a button that logs out.

use wicketgate::{app::Login, client::Configuration};
use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    let configuration = Configuration::new("my-app")
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
    let login = use_state(Login::opening);
    let set = login.setter();
    use_effect_with((), move |()| Login::open(configuration, move |change| set.set(change)));
    html! {
        if login.session().is_some() {
            <h1>{ "Hello, " }{ login.claim("name").map(String::from) }</h1>
            <button onclick={move |_| login.log_out()}>{ "Log out" }</button>
        } else {
            <button onclick={move |_| login.begin()}>{ "Log in" }</button>
        }
    }
}

//! The bare template and the ten lines of docs/guide/rust.md, with a button that logs out.

use wicketgate::{Auth, Configuration};
use yew::prelude::*;

fn main() {
    yew::Renderer::<App>::new().render();
}

#[component]
fn App() -> Html {
    let configuration = Configuration::new("my-app")
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    let auth = use_state(Auth::pending);
    let set = auth.setter();
    use_effect_with((), move |()| Auth::start(configuration, move |change| set.set(change)));
    html! {
        if auth.session().is_some() {
            <h1>{ "Hello, " }{ auth.claim("name").map(String::from) }</h1>
            <button onclick={move |_| auth.logout()}>{ "Log out" }</button>
        } else {
            <button onclick={move |_| auth.begin_login()}>{ "Log in" }</button>
        }
    }
}

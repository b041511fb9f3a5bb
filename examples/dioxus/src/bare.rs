use dioxus::prelude::*;
use wicketgate::{app::Login, client::Configuration};

fn main() {
    dioxus::launch(App);
}

#[component]
fn App() -> Element {
    let configuration = Configuration::new("my-app")
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
    let mut login = use_signal(Login::opening);
    use_hook(|| Login::open(configuration, move |change| login.set(change)));
    rsx! {
        if login.read().require() {
            h1 { "Hello, " {login.read().claim("name").map(String::from)} }
        } else { button { onclick: move |_| login.read().begin(), "Log in" } }
    }
}

use dioxus::prelude::*;
use wicketgate::{Auth, Configuration};

fn main() {
    dioxus::launch(App);
}

#[component]
fn App() -> Element {
    let configuration = Configuration::new("my-app")
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    let mut auth = use_signal(Auth::pending);
    use_hook(|| Auth::start(configuration, move |change| auth.set(change)));
    rsx! {
        if auth.read().require_login() {
            h1 { "Hello, " {auth.read().claim("name").map(String::from)} }
        } else { button { onclick: move |_| auth.read().begin_login(), "Log in" } }
    }
}

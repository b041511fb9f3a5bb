//! A single-page app with leptos that logs in with wicketgate.

// As the README has it: leptos' bare template and ten lines. Here it only has to compile.
#[expect(dead_code)]
mod bare;
mod guard;
mod pages;
#[path = "../../rust/settings.rs"]
mod settings;

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;
use wasm_bindgen_futures::spawn_local;
use wicketgate::{app::Login, client::Configuration};

use guard::{Guarded, use_login};
use pages::{Account, Home, Order};

fn main() {
    let configuration = Configuration::new("my-app")
        .with("issuer", "https://login.example")
        .with("redirectUri", "https://app.example/callback")
        .with("scope", "openid profile");
    spawn_local(async move {
        let configuration = settings::at_this_host(configuration).await;
        mount_to_body(move || view! { <App configuration/> });
    });
}

#[component]
fn App(configuration: Configuration) -> impl IntoView {
    let login = RwSignal::new_local(Login::opening());
    Login::open(configuration, move |change| login.set(change));
    provide_context(login);
    view! {
        <Router>
            <header>
                <A href="/">"The gatehouse"</A>
                <nav>
                    <A href="/account">"Account"</A>
                    <A href="/orders/1815">"Order 1815"</A>
                </nav>
                <Who/>
            </header>
            <main>
                <Problem/>
                <Routes fallback=|| view! { <h1>"There is no such page."</h1> }>
                    <Route path=path!("/") view=Home/>
                    <Route path=path!("/callback") view=|| view! { <p class="late">"One moment."</p> }/>
                    <Route path=path!("/account") view=|| view! { <Guarded><Account/></Guarded> }/>
                    <Route path=path!("/orders/:number") view=|| view! { <Guarded><Order/></Guarded> }/>
                </Routes>
            </main>
        </Router>
    }
}

/// Who is signed in, and the way in or out.
#[component]
fn Who() -> impl IntoView {
    let login = use_login();
    let name = move || login.read().claim("name").map(String::from);
    view! {
        <p class="who">
            <Show
                when=move || login.read().session().is_some()
                fallback=move || view! {
                    <button class="primary" disabled=move || login.read().is_opening() on:click=move |_| login.read().begin()>
                        "Log in"
                    </button>
                }
            >
                <span>{name}</span>
                <button on:click=move |_| login.read().log_out()>"Log out"</button>
            </Show>
        </p>
    }
}

/// What went wrong, in the words of the library.
#[component]
fn Problem() -> impl IntoView {
    let login = use_login();
    let problem = move || login.read().error().map(|error| (error.code(), error.message(), error.hint()));
    move || {
        problem().map(|(code, message, hint)| {
            view! {
                <section class="problem" role="alert">
                    <p><code>{code}</code></p>
                    <p>{message}</p>
                    <p>{hint}</p>
                </section>
            }
        })
    }
}

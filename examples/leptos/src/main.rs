//! A single-page app with leptos that logs in with wicketgate.

// As docs/guide/rust.md has it: leptos' bare template and ten lines. Here it only has to compile.
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
use wicketgate::{Auth, Configuration};

use guard::{Guarded, use_auth};
use pages::{Account, Home, Order};

fn main() {
    let configuration = Configuration::new("my-app")
        .issuer("https://login.example")
        .redirect_uri("https://app.example/callback")
        .scope("openid profile");
    spawn_local(async move {
        let configuration = settings::at_this_host(configuration).await;
        mount_to_body(move || view! { <App configuration/> });
    });
}

#[component]
fn App(configuration: Configuration) -> impl IntoView {
    let auth = RwSignal::new_local(Auth::pending());
    Auth::start(configuration, move |change| auth.set(change));
    provide_context(auth);
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

/// The user's name, and the button that logs in or out.
#[component]
fn Who() -> impl IntoView {
    let auth = use_auth();
    let name = move || auth.read().claim("name").map(String::from);
    view! {
        <p class="who">
            <Show
                when=move || auth.read().session().is_some()
                fallback=move || view! {
                    <button class="primary" disabled=move || auth.read().is_pending() on:click=move |_| auth.read().begin_login()>
                        "Log in"
                    </button>
                }
            >
                <span>{name}</span>
                <button on:click=move |_| auth.read().logout()>"Log out"</button>
            </Show>
        </p>
    }
}

/// The last error, in the words of the library.
#[component]
fn Problem() -> impl IntoView {
    let auth = use_auth();
    let problem = move || auth.read().error().map(|error| (error.code(), error.message(), error.hint()));
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

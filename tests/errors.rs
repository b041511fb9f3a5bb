//! Every message that a user of the package can see: one test prints all of them, checks their form, and compares them with the
//! reference. `WRITE=1 cargo test --test errors` writes `docs/reference/errors.md` anew.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "it prints, and in a test the others are how it fails"
)]

use std::fs::{read_dir, read_to_string};
use std::path::Path;

use wicketgate::protocol::error::{Entry, Error, ErrorKind, Flaw, OAuthError, TABLE};
use wicketgate::protocol::http::Purpose;

/// The wrapper's own errors, for situations without the module: code, cause, example.
const OF_THE_WRAPPER: [(&str, &str, &str); 3] = [
    (
        "popup_blocked",
        "The browser did not open the popup.",
        "`loginWithPopup()` outside of a click handler: browsers open windows for a click only.",
    ),
    (
        "popup_closed",
        "The user closed the popup before the login was finished.",
        "The user closes the window of the server's page.",
    ),
    (
        "wasm_blocked",
        "The browser did not load or start the WebAssembly module.",
        "A page whose Content-Security-Policy has `script-src 'self'`: add `'wasm-unsafe-eval'`.",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The sources under `folder` whose names end in `end`, except tests.
fn sources(folder: &str, end: &str) -> String {
    let mut entries: Vec<_> = read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let mut all = String::new();
    for path in entries {
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        if path.is_dir() && !["npm/generated", "npm/testing", "src/testing"].contains(&name) {
            all += &sources(name, end);
        } else if name.ends_with(end) {
            all += &read_to_string(&path).unwrap();
        }
    }
    all
}

/// The string literals that follow `call` in `text`, up to its closing parenthesis: `count` of them.
fn literals(text: &str, call: &str, count: usize) -> Vec<Vec<String>> {
    text.split(call)
        .skip(1)
        .filter_map(|rest| {
            let mut found = Vec::new();
            let mut rest = rest;
            while found.len() < count {
                rest = rest.trim_start().trim_start_matches(',').trim_start();
                let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '`'))?;
                let end = rest.get(1..)?.find(quote)? + 1;
                found.push(rest.get(1..end)?.to_owned());
                rest = rest.get(end + 1..)?;
            }
            Some(found)
        })
        .collect()
}

fn leaked(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Every error that the source makes: each kind, with each problem that stands in the source.
#[expect(clippy::too_many_lines, reason = "a table: a few lines for each kind of error")]
fn every_error() -> Vec<Error> {
    let source = sources("src", ".rs") + &sources("backend/src", ".rs");
    let oauth = || Box::new(OAuthError { error: "x".into(), error_description: None, error_uri: None });
    let mut kinds = Vec::new();
    for (call, make) in [
        (
            "Error::config(",
            (|member, problem| ErrorKind::InvalidConfig { member, problem }) as fn(String, &'static str) -> ErrorKind,
        ),
        ("CONFIGURATION.wrong(", |member, problem| ErrorKind::InvalidConfig { member, problem }),
        ("BACKEND.wrong(", |member, problem| ErrorKind::InvalidConfig { member: format!("backend.{member}"), problem }),
        ("shape.wrong(", |member, problem| ErrorKind::InvalidConfig { member, problem }),
        ("self.wrong(", |member, problem| ErrorKind::InvalidConfig { member, problem }),
        ("Error::option(", |member, problem| ErrorKind::InvalidOption { member, problem }),
        ("ACR.wrong(", |member, problem| ErrorKind::InvalidOption {
            member: format!("extraParams.claims.id_token.acr.{member}"),
            problem,
        }),
        ("HAND_OFF.wrong(", |member, problem| ErrorKind::InvalidOption { member: format!("body.{member}"), problem }),
        ("Error::metadata(", |member, problem| ErrorKind::InvalidMetadata { member, problem }),
        ("Flaw::of(", |claim, problem| ErrorKind::IdTokenInvalid(Flaw::of(leaked(&claim), problem))),
    ] {
        let calls = literals(&source, call, 2);
        // The text continues with a number.
        kinds.extend(calls.into_iter().filter(|pair| !pair.concat().ends_with(", by")).map(|pair| match &pair[..] {
            [member, problem] => make(member.clone(), leaked(problem)),
            _ => panic!("{pair:?}"),
        }));
    }
    for (call, make) in [
        ("malformed_callback(", (|problem| ErrorKind::CallbackMalformed { problem }) as fn(&'static str) -> ErrorKind),
        ("return malformed(", |problem| ErrorKind::TokenResponseMalformed { problem }),
        ("issuer_mismatch(", |problem| ErrorKind::IssuerMismatch { problem }),
        ("NoSession { reason: ", |reason| ErrorKind::NoSession { reason }),
        ("Error::unsupported(", |missing| ErrorKind::UnsupportedEnvironment { missing: missing.into() }),
    ] {
        let calls = literals(&source, call, 1);
        assert!(!calls.is_empty(), "{call} is nowhere");
        kinds.extend(calls.iter().flatten().map(|problem| make(leaked(problem))));
    }
    // The problems in the table of kinds.
    let shape = read_to_string(root().join("src/protocol/shape.rs")).unwrap();
    for problem in shape.split("\"is ").skip(1).filter_map(|rest| rest.split('"').next()) {
        kinds.push(ErrorKind::InvalidConfig { member: "member".into(), problem: leaked(&format!("is {problem}")) });
    }
    for purpose in [
        Purpose::Metadata,
        Purpose::Token,
        Purpose::Refresh,
        Purpose::Revocation,
        Purpose::Keys,
        Purpose::UserInfo,
        Purpose::Push,
        Purpose::Begin,
        Purpose::HandOff,
        Purpose::BackendSession,
        Purpose::BackendLogout,
    ] {
        kinds.extend([ErrorKind::NetworkFailed(purpose), ErrorKind::TimedOut(purpose)]);
        kinds.push(ErrorKind::TokenRequestFailed { purpose, status: 400, oauth: None });
    }
    kinds.extend([
        ErrorKind::IdTokenInvalid(Flaw::of("exp", "is past, by").by(61_000)),
        ErrorKind::UserinfoInvalid { status: 200, flaw: Flaw::of("sub", "is not the one of the ID token") },
        ErrorKind::AuthorizationFailed(oauth()),
        ErrorKind::UnverifiedError(oauth()),
        ErrorKind::BackendFailed { status: 502, oauth: None },
        ErrorKind::LoginFailed { code: "transaction_not_found" },
        ErrorKind::PushedRequestRequired,
        ErrorKind::OriginNotAllowed,
        ErrorKind::NotReady,
        ErrorKind::TransactionNotFound,
        ErrorKind::TransactionExpired,
        ErrorKind::TransactionUsed,
        ErrorKind::TransactionForeign,
        ErrorKind::SessionEnded(None),
        ErrorKind::Aborted,
        ErrorKind::StorageUnavailable,
        ErrorKind::NavigationCancelled,
        ErrorKind::RedirectLoop,
        ErrorKind::NoSignatureCheck,
    ]);
    let mut errors: Vec<Error> = kinds.into_iter().map(Error::from).collect();
    errors.extend([
        Error::from(ErrorKind::InvalidConfig { member: "authority".into(), problem: "is not a known member" })
            .with_values("", "issuer"),
        Error::from(ErrorKind::InvalidMetadata { member: "issuer".into(), problem: "is not exactly the configured issuer" })
            .with_values("https://login.example/", "https://login.example"),
        Error::from(ErrorKind::NetworkFailed(Purpose::Metadata))
            .with_values("https://login.example/.well-known/openid-configuration", ""),
    ]);
    errors
}

/// Code, sentence and hint of each error that the wrapper makes itself.
fn of_the_wrapper() -> Vec<Vec<String>> {
    literals(&sources("npm", ".ts"), "wicketgateError(", 3)
}

#[test]
fn every_message_has_the_form_that_is_promised() {
    let mut texts: Vec<(String, String, String)> =
        every_error().iter().map(|error| (error.code().into(), error.summary(), error.hint().into())).collect();
    assert!(texts.len() > 100, "only {} messages were found", texts.len());
    for error in every_error() {
        assert_eq!(error.message(), format!("{} {} [{}]", error.summary(), error.hint(), error.code()));
        assert_eq!(error.to_string(), error.message());
        // The messages speak to every caller, not only to JavaScript.
        let (summary, hint) = (error.summary(), error.hint());
        for text in [summary.as_str(), hint] {
            assert!(!text.contains("()") && !text.contains("handleCallback") && !text.contains("createClient"), "{text}");
        }
    }
    let of_the_wrapper = of_the_wrapper();
    assert!(of_the_wrapper.len() >= 6, "{of_the_wrapper:?}");
    texts.extend(of_the_wrapper.into_iter().map(|texts| match &texts[..] {
        [code, summary, hint] => (code.clone(), summary.clone(), hint.clone()),
        _ => panic!("{texts:?}"),
    }));
    texts.sort();
    texts.dedup();
    for (code, summary, hint) in &texts {
        println!("{code}\n    {summary}\n    {hint}");
        for text in [summary, hint] {
            let is_sentence = text.ends_with('.') || text.ends_with("`?");
            assert!(is_sentence && !text.contains("..") && !text.contains(",.") && !text.contains("  "), "{code}: {text}");
        }
    }
}

/// The codes of the JavaScript declarations, in their order.
fn codes() -> Vec<String> {
    let types = read_to_string(root().join("npm/types.ts")).unwrap();
    let union = types.split("export type ErrorCode =").nth(1).unwrap().split(';').next().unwrap();
    union
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2))
        .map(Into::into)
        .collect()
}

#[test]
fn the_codes_are_those_of_the_declarations() {
    let declared = codes();
    let known: Vec<&str> = TABLE.iter().map(|entry| entry.code).chain(OF_THE_WRAPPER.map(|(code, ..)| code)).collect();
    for code in &declared {
        assert!(known.contains(&code.as_str()), "{code} is in no table");
    }
    for code in known {
        assert!(declared.iter().any(|declared| declared == code), "{code} is not declared");
    }
}

/// The page of the reference.
fn reference() -> String {
    let mut page = String::from(
        "# Errors\n\nEvery rejection is an `Error` with a `code` of this closed list. `message` is what happened, what to do, and the \
         code in brackets; `summary` and `hint` are its parts. `found` and `expected` are the values that differ, where neither is \
         secret. `retryable` says whether the same call may succeed later.\n\nThis page is generated from the table in \
         `src/protocol/error.rs`; “…” stands for what is at fault.\n",
    );
    let of_the_wrapper = of_the_wrapper();
    for code in codes() {
        page += &format!("\n## `{code}`\n");
        let entries: Vec<&Entry> = TABLE.iter().filter(|entry| entry.code == code).collect();
        for entry in &entries {
            let end = if entry.sentence.ends_with(':') || entry.sentence.ends_with("to") || entry.sentence.ends_with("grant") {
                " …"
            } else {
                "."
            };
            page += &format!(
                "\n**{}{end}** {}\n\n- Cause: {}\n- Example: {}\n",
                entry.sentence, entry.hint, entry.cause, entry.example
            );
        }
        let wrapper = OF_THE_WRAPPER.iter().find(|(other, ..)| *other == code);
        let texts: Vec<_> = of_the_wrapper.iter().filter(|texts| texts.first() == Some(&code)).collect();
        for texts in texts {
            if let [_, summary, hint] = &texts[..] {
                page += &format!("\n**{summary}** {hint}\n");
            }
        }
        if let Some((_, cause, example)) = wrapper {
            page += &format!("\n- Cause: {cause}\n- Example: {example}\n");
        }
    }
    page
}

#[test]
fn the_reference_is_generated() {
    let path = root().join("docs/reference/errors.md");
    let page = reference();
    if std::env::var_os("WRITE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    assert!(
        read_to_string(&path).unwrap_or_default() == page,
        "docs/reference/errors.md is old: WRITE=1 cargo test --test errors"
    );
}

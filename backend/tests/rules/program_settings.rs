//! The program's file of settings.

use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use tokio::process::Command;

use crate::program::{Program, command, sentence};
use crate::servers::{Api, AuthorizationServer, json_answer};
use crate::setup::{CLIENT_ID, CLIENT_SECRET, PAGE, Setup, assert_no_secret, from_page, key_bytes};

/// A folder of the test's own, which is removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wicketgate-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program with a file and nothing else.
fn with_file(path: &Path) -> Command {
    let mut command = command("");
    for name in ["PUBLIC_ORIGIN", "CLIENT_ID", "CLIENT_SECRET", "TOKEN_ENDPOINT", "COOKIE_KEY"] {
        command.env_remove(format!("WICKETGATE_{name}"));
    }
    command.env("WICKETGATE_CONFIG", path);
    command
}

fn settings(token_endpoint: &str) -> String {
    let key = Base64UrlUnpadded::encode_string(&key_bytes(1));
    format!(
        "# The app.\npublic_origin = '{PAGE}'\nclient_id = '{CLIENT_ID}'\nclient_secret = '{CLIENT_SECRET}'\n\
         token_endpoint = '{token_endpoint}'\ncookie_key = '{key}'\n"
    )
}

#[tokio::test]
async fn a_file_has_all_settings_and_the_environment_wins() {
    let folder = Folder::new("settings");
    let server = AuthorizationServer::start().await;
    let api = Api::start(|| json_answer(200, &serde_json::json!({}))).await;
    let origin = &api.origin;
    let file = folder.write(
        "wicketgate.toml",
        &format!(
            "{}timeout = 7\nrequires_id_token = true\nlisten = '192.0.2.1:1'\nid_token_signing_algorithms = ['ES256', 'EdDSA']\n\
             issuer = 'https://server.example'\napi_headers = ['X-Own']\ncookie_keys_old = []\n\
             [api]\n'/api/' = '{origin}/v2/'\n'/graphql' = '{origin}/query'\n",
            settings(&server.token_endpoint())
        ),
    );
    let mut command = with_file(&file);
    command.env("WICKETGATE_REQUIRES_ID_TOKEN", "no").env("WICKETGATE_API_HEADERS", "");
    let program = Program::start(command).await;
    let setup = Setup { origin: program.origin.clone(), server };
    let cookies = setup.log_in().await;
    for path in ["/api/me", "/graphql"] {
        let call = from_page(&setup.origin, "GET", path).cookies(&cookies).header("x-own", "1");
        assert_eq!(call.send().await.status, 200, "{path}");
    }
    let requests = api.requests();
    assert_eq!([requests[0].target.as_str(), requests[1].target.as_str()], ["/v2/me", "/query"]);
    // An empty variable counts as absent.
    assert_eq!(requests[0].headers["x-own"], "1");

    let listed = format!("{}api = ['/api/={origin}/v3/']\n", settings(&setup.server.token_endpoint()));
    let program = Program::start(with_file(&folder.write("listed.toml", &listed))).await;
    let answer = from_page(&program.origin, "GET", "/api/me").cookies(&cookies).send().await;
    assert_eq!((answer.status, api.requests().last().unwrap().target.as_str()), (200, "/v3/me"));
}

#[tokio::test]
async fn a_wrong_member_ends_it_with_a_sentence_that_names_it_and_the_file_and_not_its_value() {
    let folder = Folder::new("wrong-settings");
    for (member, value) in [
        ("metrics_listen", "'MARKED'"),
        ("timeout", "0"),
        ("timeout", "'MARKED'"),
        ("timeout", "1.5"),
        ("timeout", "2026-01-01"),
        ("timeout", "[10]"),
        ("requires_id_token", "'MARKED'"),
        ("api", "'MARKED'"),
        ("api", "[['MARKED']]"),
        ("api_origin", "'https://MARKED.example/v1'"),
        ("issuer", "'http://MARKED.example'"),
        ("static", "'/nowhere/MARKED'"),
        ("no_such_setting", "'MARKED'"),
        ("config", "'MARKED'"),
    ] {
        let text = format!("{}{member} = {value}\n", settings("https://server.example/token"));
        let file = folder.write("wicketgate.toml", &text);
        let sentence = sentence(with_file(&file)).await;
        assert!(sentence.starts_with(&format!("{member} in {} ", file.display())), "{sentence}");
        assert!(sentence.contains(": ") && sentence.ends_with(".\n"), "{sentence}");
    }
    // An error in a variable names the variable.
    let text = format!("{}timeout = 10\n", settings("https://server.example/token"));
    let mut command = with_file(&folder.write("wicketgate.toml", &text));
    command.env("WICKETGATE_TIMEOUT", "MARKED");
    assert!(sentence(command).await.starts_with("WICKETGATE_TIMEOUT is not a number of seconds"));
}

#[tokio::test]
async fn a_file_that_cannot_be_used_ends_it_with_a_sentence_that_shows_nothing_of_it() {
    let folder = Folder::new("broken-settings");
    let broken = folder.write("broken.toml", "public_origin = 'https://app.example'\nclient_secret = MARKED secret\n");
    let sentence_of_broken = sentence(with_file(&broken)).await;
    assert!(sentence_of_broken.contains("WICKETGATE_CONFIG") && sentence_of_broken.contains("line 2"), "{sentence_of_broken}");
    let absent = sentence(with_file(&folder.path().join("absent.toml"))).await;
    assert!(absent.starts_with("WICKETGATE_CONFIG "), "{absent}");
    let empty = sentence(with_file(&folder.write("empty.toml", ""))).await;
    assert!(empty.starts_with("WICKETGATE_PUBLIC_ORIGIN is not set: set it to "), "{empty}");
}

#[tokio::test]
async fn a_variable_that_is_no_setting_is_warned_of() {
    let server = AuthorizationServer::start().await;
    let mut command = command(&server.token_endpoint());
    command.env("WICKETGATE_API_ORIGINS", "MARKED").env("WICKETGATE_TIMEOUT", "5");
    let program = Program::start(command).await;
    program.signal("TERM");
    let (_, _, log) = program.end().await;
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("WICKETGATE_API_ORIGINS is not a setting"), "{warnings:?}");
    assert_no_secret("the log", &log);
}

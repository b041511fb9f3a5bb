//! The model of an authorization server: codes, sessions ("families" of tokens), rotation, and what it does when a
//! refresh token comes a second time. What it is told of the world is its own clock, which is right.

use base64ct::{Base64UrlUnpadded, Encoding};

use super::world::MARK;

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const CLIENT: &str = "client-1";

/// A refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) family: usize,
    pub(crate) generation: u64,
}

impl Token {
    fn text(self, kind: &str) -> String {
        format!("{kind}.{}.{}.{MARK}", self.family, self.generation)
    }

    /// Reads a refresh token or an access token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').skip(1);
        let mut number = || parts.next()?.parse().ok();
        Some(Self { family: number()? as usize, generation: number()? })
    }

    pub(crate) fn of_form(form: &str) -> Option<Self> {
        Self::parse(parameter(form, "refresh_token")?)
    }
}

/// A parameter of a form or a query: nothing here has anything to decode.
pub(crate) fn parameter<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split(['&', '?']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// What it does with refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Each is good once. One that comes again ends the session.
    Strict,
    /// The last one is good for a while longer, and gets what it got before.
    Grace(u64),
    /// They stay as they are.
    Never,
}

/// A session at the server: all tokens that one code became.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) user: u64,
    pub(crate) current: u64,
    pub(crate) access: u64,
    pub(crate) is_over: bool,
    rotated_at: u64,
    auth_time: u64,
    nonce: String,
}

struct Code {
    user: u64,
    nonce: String,
    is_used: bool,
}

pub(crate) struct Server {
    pub(crate) rotation: Rotation,
    /// In milliseconds.
    pub(crate) lifetime: u64,
    pub(crate) refreshes_id_token: bool,
    pub(crate) families: Vec<Family>,
    codes: Vec<Code>,
    /// Families that ended because a token came again.
    pub(crate) reused: Vec<usize>,
}

/// When it all begins: milliseconds since the Unix epoch.
pub(crate) const START: i64 = 1_800_000_000_000;

impl Server {
    pub(crate) fn new(rotation: Rotation, lifetime: u64, refreshes_id_token: bool) -> Self {
        Self { rotation, lifetime, refreshes_id_token, families: Vec::new(), codes: Vec::new(), reused: Vec::new() }
    }

    /// The user logs in: where the browser goes then.
    pub(crate) fn authorize(&mut self, url: &str, user: u64) -> String {
        let nonce = parameter(url, "nonce").unwrap_or_default().into();
        self.codes.push(Code { user, nonce, is_used: false });
        let state = parameter(url, "state").unwrap_or_default();
        format!("https://app.example/callback?code=code.{}.0.{MARK}&state={state}", self.codes.len() - 1)
    }

    /// Answers a token request.
    pub(crate) fn answer(&mut self, form: &str, now: u64) -> (u16, String) {
        match parameter(form, "grant_type") {
            Some("authorization_code") => self.redeem(form, now),
            Some("refresh_token") => self.refresh(form, now),
            _ => refused("unsupported_grant_type"),
        }
    }

    fn redeem(&mut self, form: &str, now: u64) -> (u16, String) {
        let place = parameter(form, "code").and_then(Token::parse).map(|token| token.family);
        let Some(code) = place.and_then(|place| self.codes.get_mut(place)).filter(|code| !code.is_used) else {
            return refused("invalid_grant");
        };
        code.is_used = true;
        let (user, nonce) = (code.user, code.nonce.clone());
        self.families.push(Family { user, current: 0, access: 0, is_over: false, rotated_at: now, auth_time: now, nonce });
        self.tokens(self.families.len() - 1, now, true)
    }

    fn refresh(&mut self, form: &str, now: u64) -> (u16, String) {
        let Some(token) = Token::of_form(form) else { return refused("invalid_request") };
        let rotation = self.rotation;
        let Some(family) = self.families.get_mut(token.family).filter(|family| !family.is_over) else {
            return refused("invalid_grant");
        };
        family.access += 1;
        if rotation == Rotation::Never {
            return self.tokens(token.family, now, self.refreshes_id_token);
        }
        if token.generation == family.current {
            family.current += 1;
            family.rotated_at = now;
            return self.tokens(token.family, now, self.refreshes_id_token);
        }
        if let Rotation::Grace(grace) = rotation
            && token.generation + 1 == family.current
            && now - family.rotated_at <= grace
        {
            return self.tokens(token.family, now, self.refreshes_id_token);
        }
        family.is_over = true;
        self.reused.push(token.family);
        refused("invalid_grant")
    }

    fn tokens(&self, number: usize, now: u64, has_id_token: bool) -> (u16, String) {
        let family = &self.families[number];
        let access = format!("{}.{}.{now}", Token { family: number, generation: family.current }.text("at"), family.access);
        let refresh = Token { family: number, generation: family.current }.text("rt");
        let lifetime = self.lifetime / 1000;
        let id_token = if has_id_token { format!(r#","id_token":"{}""#, id_token(number, family, now)) } else { String::new() };
        let answer = format!(
            r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":{lifetime},"refresh_token":"{refresh}"{id_token}}}"#
        );
        (200, answer)
    }
}

/// `sid` says of which session it is.
fn id_token(number: usize, family: &Family, now: u64) -> String {
    let issued = now.saturating_add_signed(START) / 1000;
    let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let claims = format!(
        r#"{{"iss":"{ISSUER}","aud":"{CLIENT}","sub":"user-{}","sid":"{number}","iat":{issued},"exp":{},"auth_time":{},"nonce":"{}"}}"#,
        family.user,
        issued + 300,
        family.auth_time.saturating_add_signed(START) / 1000,
        family.nonce
    );
    format!("{}.{}.{}", encode(r#"{"alg":"RS256"}"#), encode(&claims), encode(MARK))
}

fn refused(error: &str) -> (u16, String) {
    (400, format!(r#"{{"error":"{error}"}}"#))
}

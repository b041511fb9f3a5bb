//! The model of an authorization server: codes, sessions ("families" of tokens), rotation, and the reaction to a refresh token
//! that comes a second time. The only part of the world that it knows is its own clock, which is right.

use base64ct::{Base64UrlUnpadded, Encoding};

use support::random::Random;

use super::world::{MARK, Proof};

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

/// A parameter of a form or a query: no value here is encoded.
pub(crate) fn parameter<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split(['&', '?']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// How the server handles refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// Each is accepted once. A repeated one ends the session.
    Strict,
    /// The last one is accepted for a while longer, and gets the same answer.
    Grace(u64),
    /// They never change.
    Never,
}

/// A session at the server: all tokens that come from one code.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) user: u64,
    pub(crate) current: u64,
    pub(crate) access: u64,
    pub(crate) is_over: bool,
    rotated_at: u64,
    auth_time: u64,
    nonce: String,
    /// Whether its tokens are bound to a key.
    is_bound: bool,
}

struct Code {
    user: u64,
    nonce: String,
    is_used: bool,
    /// Whether it was bound to a key.
    is_bound: bool,
}

pub(crate) struct Server {
    pub(crate) rotation: Rotation,
    /// In milliseconds.
    pub(crate) lifetime: u64,
    pub(crate) refreshes_id_token: bool,
    /// Whether it gives refresh tokens at all.
    pub(crate) renews: bool,
    /// Which of the [`REFUSALS`] it answers.
    refusal: usize,
    pub(crate) families: Vec<Family>,
    codes: Vec<Code>,
    /// Bound tokens that came without a proof.
    pub(crate) unproven: Vec<String>,
    /// Families that ended because a token was repeated.
    pub(crate) reused: Vec<usize>,
}

/// What servers were seen to refuse a refresh with, for good.
const REFUSALS: [(u16, &str); 8] = [
    (400, r#"{"error":"invalid_grant"}"#),
    (400, ""),
    (401, ""),
    (403, "<!doctype html><p>Forbidden"),
    (400, r#"{"error":"invalid_request","error_description":"Token has been revoked"}"#),
    (400, r#"{"error":"interaction_required"}"#),
    (401, r#"{"error":"invalid_client"}"#),
    (400, r#"{"error":{"code":"SESSION_GONE"}}"#),
];

/// The beginning of the schedule: milliseconds since the Unix epoch.
pub(crate) const START: i64 = 1_800_000_000_000;

impl Server {
    pub(crate) fn new(rotation: Rotation, lifetime: u64, refreshes_id_token: bool, random: &Random) -> Self {
        let (renews, refusal) = (random.chance(92), random.below(REFUSALS.len() as u64) as usize);
        let (families, codes, unproven, reused) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { rotation, lifetime, refreshes_id_token, renews, refusal, families, codes, unproven, reused }
    }

    /// The user logs in: returns the URL to which the browser goes then.
    pub(crate) fn authorize(&mut self, url: &str, user: u64) -> String {
        let nonce = parameter(url, "nonce").unwrap_or_default().into();
        self.codes.push(Code { user, nonce, is_used: false, is_bound: parameter(url, "dpop_jkt").is_some() });
        let state = parameter(url, "state").unwrap_or_default();
        format!("https://app.example/callback?code=code.{}.0.{MARK}&state={state}", self.codes.len() - 1)
    }

    /// The nonce that proofs must have now: another one every two minutes.
    pub(crate) fn nonce(now: u64) -> String {
        format!("nonce-{}", now / 120_000)
    }

    /// Answers a token request.
    pub(crate) fn answer(&mut self, form: &str, proof: Option<&Proof>, now: u64) -> (u16, String) {
        let place = parameter(form, "code").and_then(Token::parse).map(|code| code.family);
        let of_code = place.and_then(|place| self.codes.get(place)).is_some_and(|code| code.is_bound);
        let of_family =
            Token::of_form(form).and_then(|token| self.families.get(token.family)).is_some_and(|family| family.is_bound);
        match proof {
            None if of_code || of_family => {
                self.unproven.push(form.into());
                return refused("invalid_dpop_proof");
            }
            // It reads nothing else of the request.
            Some(proof) if proof.nonce.as_deref() != Some(&Self::nonce(now)) => return refused("use_dpop_nonce"),
            _ => {}
        }
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
        let (user, nonce, is_bound) = (code.user, code.nonce.clone(), code.is_bound);
        let (rotated_at, auth_time) = (now, now);
        self.families.push(Family { user, current: 0, access: 0, is_over: false, rotated_at, auth_time, nonce, is_bound });
        self.tokens(self.families.len() - 1, now, true)
    }

    fn refresh(&mut self, form: &str, now: u64) -> (u16, String) {
        let Some(token) = Token::of_form(form) else { return refused("invalid_request") };
        let (rotation, (status, body)) = (self.rotation, REFUSALS[self.refusal]);
        let refusal = (status, body.to_string());
        let Some(family) = self.families.get_mut(token.family).filter(|family| !family.is_over) else {
            return refusal;
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
        refusal
    }

    fn tokens(&self, number: usize, now: u64, has_id_token: bool) -> (u16, String) {
        let family = &self.families[number];
        let access = format!("{}.{}.{now}", Token { family: number, generation: family.current }.text("at"), family.access);
        let refresh = match self.renews {
            true => format!(r#","refresh_token":"{}""#, Token { family: number, generation: family.current }.text("rt")),
            false => String::new(),
        };
        let lifetime = self.lifetime / 1000;
        let id_token = if has_id_token { format!(r#","id_token":"{}""#, id_token(number, family, now)) } else { String::new() };
        let token_type = if family.is_bound { "DPoP" } else { "Bearer" };
        let answer =
            format!(r#"{{"access_token":"{access}","token_type":"{token_type}","expires_in":{lifetime}{refresh}{id_token}}}"#);
        (200, answer)
    }
}

/// `sid` identifies the session.
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

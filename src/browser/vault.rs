//! Seals what is kept: AES-GCM with a key that cannot be taken out of the browser. It lies in IndexedDB, which keeps keys
//! as they are; whoever copies `localStorage` or `sessionStorage` has not got it.

use js_sys::{Array, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CryptoKey, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransactionMode, SubtleCrypto, Window};

use super::promise::settled;
use super::signature::subtle;
use crate::protocol::secret::{Secret, base64url, from_base64url};

const DATABASE: &str = "wicketgate";
const KEYS: &str = "keys";
/// The form of what is sealed: another version's is none.
const VERSION: &str = "1.";
/// The length of AES-GCM's initialization vector, in bytes.
const IV: usize = 12;

/// Whether there is what sealing needs.
pub(super) fn is_there(window: &Window) -> bool {
    subtle(window).is_some() && matches!(window.indexed_db(), Ok(Some(_)))
}

/// The key of this origin; made when it is asked for first.
pub(super) async fn key(window: &Window) -> Result<CryptoKey, JsValue> {
    let subtle = subtle(window).ok_or(JsValue::NULL)?;
    let database = open_database(window).await?;
    let present = done(&store(&database)?.get(&KEYS.into())?).await?;
    let key = match present.dyn_into::<CryptoKey>() {
        Ok(key) => key,
        Err(_) => {
            let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
            let made = subtle.generate_key_with_object(&object(r#"{"name":"AES-GCM","length":256}"#)?, false, &usages)?;
            let made = settled(&made).await?;
            // Where another tab was faster, its key is the one.
            let added = store(&database)?.add_with_key(&made, &KEYS.into())?;
            match done(&added).await {
                Ok(_) => made.unchecked_into(),
                Err(_) => done(&store(&database)?.get(&KEYS.into())?).await?.dyn_into()?,
            }
        }
    };
    database.close();
    Ok(key)
}

async fn open_database(window: &Window) -> Result<IdbDatabase, JsValue> {
    let opening = window.indexed_db()?.ok_or(JsValue::NULL)?.open_with_u32(DATABASE, 1)?;
    let upgraded = opening.clone();
    let upgrade = Closure::<dyn FnMut()>::new(move || {
        if let Ok(database) = upgraded.result() {
            let _ = database.unchecked_into::<IdbDatabase>().create_object_store(KEYS);
        }
    });
    opening.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    Ok(done(&opening).await?.unchecked_into())
}

/// Writes `mark` beside the key, under `name`: transactions of IndexedDB are in one order for all pages.
pub(super) async fn mark(window: &Window, name: &str, mark: &str) -> Result<(), JsValue> {
    let database = open_database(window).await?;
    done(&store(&database)?.put_with_key(&mark.into(), &name.into())?).await?;
    database.close();
    Ok(())
}

pub(super) async fn marked(window: &Window, name: &str) -> Result<JsValue, JsValue> {
    let database = open_database(window).await?;
    let mark = done(&store(&database)?.get(&name.into())?).await?;
    database.close();
    Ok(mark)
}

fn store(database: &IdbDatabase) -> Result<IdbObjectStore, JsValue> {
    database.transaction_with_str_and_mode(KEYS, IdbTransactionMode::Readwrite)?.object_store(KEYS)
}

/// Waits for the result of `request`.
async fn done(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let event = js_sys::Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    settled(&event).await?;
    request.result()
}

pub(super) async fn seal(subtle: &SubtleCrypto, key: &CryptoKey, text: &Secret, iv: [u8; IV]) -> Result<String, JsValue> {
    let sealed = settled(&subtle.encrypt_with_object_and_u8_array(&parameters(&iv)?, key, text.expose().as_bytes())?).await?;
    let mut bytes = iv.to_vec();
    bytes.extend(Uint8Array::new(&sealed).to_vec());
    Ok(String::from(VERSION) + &base64url(&bytes))
}

pub(super) async fn open(subtle: &SubtleCrypto, key: &CryptoKey, sealed: &str) -> Option<Secret> {
    let bytes = from_base64url(sealed.strip_prefix(VERSION)?)?;
    let (iv, sealed) = bytes.split_at_checked(IV)?;
    let opened = subtle.decrypt_with_object_and_u8_array(&parameters(iv).ok()?, key, sealed).ok()?;
    let opened = settled(&opened).await.ok()?;
    String::from_utf8(Uint8Array::new(&opened).to_vec()).ok().map(Secret::new)
}

fn parameters(iv: &[u8]) -> Result<Object, JsValue> {
    let parameters = object(r#"{"name":"AES-GCM"}"#)?;
    Reflect::set(&parameters, &"iv".into(), &Uint8Array::from(iv))?;
    Ok(parameters)
}

fn object(json: &str) -> Result<Object, JsValue> {
    JSON::parse(json).map(JsCast::unchecked_into)
}

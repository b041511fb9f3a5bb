//! An issuer, on the first line, and its server's answer to discovery. Accepted metadata are of that issuer, and their
//! endpoints are all `https:`, or `http:` on loopback, as another parser of URLs sees them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::{Host, Url};
use wicketgate::protocol::http::Response;
use wicketgate::protocol::json::Json;
use wicketgate::protocol::metadata::{ServerMetadata, discovery_urls};

const ENDPOINTS: [&str; 7] = [
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "userinfo_endpoint",
    "end_session_endpoint",
    "revocation_endpoint",
    "pushed_authorization_request_endpoint",
];

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let Some(issuer) = parts.next().and_then(|issuer| str::from_utf8(issuer).ok()) else { return };
    let body = parts.next().unwrap_or_default();

    if let Ok(places) = discovery_urls(issuer) {
        assert!(matches!(places.len(), 2 | 3));
        let origin = Url::parse(issuer).expect("a URL").origin();
        for place in places {
            let place = Url::parse(&place).expect("a URL");
            assert_eq!(place.origin(), origin);
            assert!(is_confidential(&place) && place.query().is_none() && place.fragment().is_none());
        }
    }

    for (status, content_type) in [(200, "application/json"), (200, "text/html"), (404, "application/json")] {
        let response = Response::new(status, Some(content_type.into()), body.into());
        match ServerMetadata::from_discovery(&response, issuer) {
            Ok(Some(server)) => {
                assert!(status == 200 && content_type == "application/json");
                check(&server, issuer);
            }
            Ok(None) => {}
            Err(error) => assert_eq!(error.code(), "invalid_metadata"),
        }
    }
});

fn check(server: &ServerMetadata, issuer: &str) {
    assert_eq!(server.issuer(), Some(issuer));
    assert_eq!(server.identity(), issuer);
    for name in ENDPOINTS {
        let Some(endpoint) = server.as_json().member(name) else {
            assert!(server.endpoint(name).is_err());
            continue;
        };
        let url = Url::parse(endpoint.as_str().expect("text")).expect("a URL");
        assert!(is_confidential(&url) && url.fragment().is_none());
        assert!(url.username().is_empty() && url.password().is_none());
    }
    let _ = server.lacks_s256();
    // The tab's store keeps the metadata, and the client checks them again when it reads them.
    let read = Json::parse(server.as_json().to_text().as_bytes()).expect("JSON");
    assert_eq!(ServerMetadata::of_issuer(read, issuer).as_ref(), Ok(server));
}

fn is_confidential(url: &Url) -> bool {
    url.scheme() == "https"
        || url.scheme() == "http"
            && match url.host() {
                Some(Host::Domain(name)) => name == "localhost",
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            }
}

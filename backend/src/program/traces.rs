//! Traces by OTLP (feature `otlp`): one span for each request. OpenTelemetry's own variables configure the destination
//! (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`). An API gets the span's `traceparent` instead of the page's.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{HeaderExtractor, HeaderInjector, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tokio::runtime::Handle;

/// Any of these variables enables traces.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

pub(super) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// # Errors
    /// A sentence for the operator.
    pub(super) fn start() -> Result<Self, String> {
        if !ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
            return Ok(Self(None));
        }
        let exporter = SpanExporter::builder().with_http().with_http_client(Client::new()?).build();
        let exporter = exporter.map_err(|error| format!("OTEL_EXPORTER_OTLP_ENDPOINT cannot be exported to: {error}."))?;
        let mut resource = Resource::builder();
        if std::env::var_os(SERVICE_NAME).is_none() {
            resource = resource.with_service_name("wicketgate-backend");
        }
        let provider = SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build();
        Ok(Self(Some(provider)))
    }

    /// `router` with a span around each of its requests.
    pub(super) fn around(&self, router: Router) -> Router {
        match &self.0 {
            Some(provider) => {
                let tracer = Arc::new(provider.tracer("wicketgate-backend"));
                Router::new().fallback_service(router).layer(from_fn_with_state(tracer, trace))
            }
            None => router,
        }
    }

    /// Sends the spans that have not been sent yet.
    pub(super) async fn end(self) {
        let Some(provider) = self.0 else { return };
        // The shutdown waits for a request that this runtime sends.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if !matches!(ended, Ok(Ok(()))) {
            tracing::warn!("the last traces could not be exported");
        }
    }
}

async fn trace(State(tracer): State<Arc<SdkTracer>>, mut request: Request, next: Next) -> Response {
    let propagator = TraceContextPropagator::new();
    let parent = propagator.extract_with_context(&Context::new(), &HeaderExtractor(request.headers()));
    let method = request.method().as_str().to_owned();
    let attributes = [
        KeyValue::new("http.request.method", method.clone()),
        // Without the query, which may contain a code.
        KeyValue::new("url.path", request.uri().path().to_owned()),
    ];
    let span = tracer.span_builder(method).with_kind(SpanKind::Server).with_attributes(attributes);
    let context = parent.with_span(span.start_with_context(&*tracer, &parent));
    propagator.inject_context(&context, &mut HeaderInjector(request.headers_mut()));
    let response = next.run(request).await;
    let span = context.span();
    span.set_attribute(KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())));
    if response.status().is_server_error() {
        span.set_status(Status::error(""));
    }
    span.end();
    response
}

/// Sends requests on the program's runtime, because the exporter's own thread has no runtime.
#[derive(Debug)]
struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    fn new() -> Result<Self, String> {
        // For the whole process, which belongs to this program. A provider that was installed before will do as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().build().map_err(|error| format!("Traces cannot be exported: {error}."))?;
        Ok(Self { http, runtime: Handle::current() })
    }
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: axum::http::Request<Bytes>) -> Result<axum::http::Response<Bytes>, HttpError> {
        let (http, request) = (self.http.clone(), reqwest::Request::try_from(request)?);
        let sent = self.runtime.spawn(async move {
            let mut answer = http.execute(request).await?;
            let (status, headers) = (answer.status(), core::mem::take(answer.headers_mut()));
            Ok::<_, reqwest::Error>((status, headers, answer.bytes().await?))
        });
        let (status, headers, body) = sent.await??;
        let mut response = axum::http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

//! A client of one service in one region, over the SDK's runtime.
//!
//! The wiring is that of the SDK's generated clients: the runtime's defaults, the configuration of
//! the session, then what belongs to the service, then what belongs to the operation.

use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::defaults::{DefaultPluginParams, default_plugins};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::endpoints::{StaticUriEndpointResolver, StaticUriEndpointResolverParams};
use aws_smithy_runtime::client::orchestrator::{AuthSchemeAndEndpointOrchestrationV2, invoke};
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::endpoint::{EndpointPrefix, EndpointResolverParams, SharedEndpointResolver};
use aws_smithy_runtime_api::client::interceptors::context::{Error, Input, Output};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::retries::classifiers::ClassifyRetry;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{RuntimePlugins, StaticRuntimePlugin};
use aws_smithy_runtime_api::client::ser_de::{
    DeserializeResponse, SerializeRequest, SharedRequestSerializer, SharedResponseDeserializer,
};
use aws_smithy_runtime_api::http::Headers as HttpHeaders;
use aws_smithy_types::config_bag::{ConfigBag, Layer};
use aws_types::SdkConfig;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use serde_json::{Map, Value};

use super::document::Document;
use super::endpoint;
use super::error::ApiError;
use super::model::{OperationModel, ServiceModel};
use super::read::{self, Headers};
use super::request::{self, Hosts, Request};

/// A client of one service in one region.
#[derive(Debug, Clone)]
pub struct Client {
    service: &'static ServiceModel,
    hosts: Hosts,
    url: String,
    plugins: RuntimePlugins,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// No endpoint can be named without guessing.
    #[error(transparent)]
    Endpoint(#[from] endpoint::EndpointRefused),
}

impl Client {
    /// A client with the configuration of a session, which names the region. `stand_in` is asked in
    /// place of AWS's endpoint, where there is one. `recorder` sees every attempt and says which are
    /// not made again; `retry_partition` names the budget of retries they draw on.
    ///
    /// # Errors
    ///
    /// Where the configuration asks for a kind of endpoint (FIPS, dual stack) of which it is not
    /// known whether the service has it.
    ///
    /// # Panics
    ///
    /// Without a behaviour version or a region in the configuration: a session always sets both.
    pub fn new(
        service: &'static ServiceModel,
        config: &SdkConfig,
        stand_in: Option<String>,
        retry_partition: String,
        recorder: impl Intercept + ClassifyRetry + Clone + 'static,
    ) -> Result<Self, NoClient> {
        let region = config.region().expect("a session names a region");
        let version = config.behavior_version().expect("a session names a behaviour version");
        let id = &service.metadata.service_id;
        let place = endpoint::resolve(
            &service.metadata,
            region.as_ref(),
            config.use_fips().unwrap_or(false),
            config.use_dual_stack().unwrap_or(false),
        )?;
        let hosts = if stand_in.is_some() { Hosts::Plain } else { Hosts::Labelled };
        let url = stand_in.unwrap_or(place.url);
        let asked = url.clone();

        let mut layer = Layer::new("tickmark::Client");
        layer.store_put(region.clone());
        layer.store_put(SigningRegion::from(region.clone()));
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(aws_types::region::Region::new(place.signing_region))),
            name: Some(place.signing_name.into()),
            signing_options: signing_options(service),
            ..SigV4OperationSigningConfig::default()
        });
        layer.store_put(AuthSchemeAndEndpointOrchestrationV2);
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(RetryPartition::new(retry_partition.clone()));
        layer.store_put(ApiMetadata::new(id.to_lowercase().replace(' ', "").leak(), env!("CARGO_PKG_VERSION")));
        store(&mut layer, config.retry_config().cloned());
        store(&mut layer, config.timeout_config().cloned());
        store(&mut layer, config.stalled_stream_protection());
        store(&mut layer, config.app_name().cloned());

        let mut parts = RuntimeComponentsBuilder::new("tickmark::Client");
        parts.set_http_client(config.http_client());
        parts.set_sleep_impl(config.sleep_impl());
        parts.set_time_source(Some(config.time_source().unwrap_or_default()));
        parts.set_identity_cache(config.identity_cache());
        if let Some(credentials) = config.credentials_provider() {
            parts.set_identity_resolver(SCHEME_ID, credentials);
        }
        parts.push_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()));
        parts.set_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
            StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
        )));
        parts.set_endpoint_resolver(Some(SharedEndpointResolver::new(StaticUriEndpointResolver::uri(url))));
        parts.push_interceptor(SharedInterceptor::permanent(ConnectionPoisoningInterceptor::new()));
        parts.push_interceptor(SharedInterceptor::permanent(StalledStreamProtectionInterceptor::default()));
        parts.push_interceptor(ServiceClockSkewInterceptor::new());
        parts.push_interceptor(RequestInfoInterceptor::new());
        parts.push_interceptor(UserAgentInterceptor::new());
        parts.push_interceptor(InvocationIdInterceptor::new());
        parts.push_interceptor(recorder.clone());
        parts.push_retry_classifier(recorder);
        parts.push_retry_classifier(HttpStatusCodeClassifier::default());
        parts.push_retry_classifier(TransientErrorClassifier::<ApiError>::new());
        parts.push_retry_classifier(AwsErrorCodeClassifier::<ApiError>::new());
        parts.push_retry_classifier(ServiceClockSkewClassifier::<ApiError>::new());

        let defaults = DefaultPluginParams::new()
            .with_retry_partition_name(retry_partition)
            .with_behavior_version(version)
            .with_is_aws_sdk(true);
        let plugins = RuntimePlugins::new()
            .with_client_plugins(default_plugins(defaults))
            .with_client_plugin(StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(parts));
        Ok(Self { service, hosts, url: asked, plugins })
    }

    /// The address that is asked. A bucket's name can stand before the host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls an operation with the members of its input.
    ///
    /// # Errors
    ///
    /// As the SDK's: the request could not be built, no answer came, the answer is an error of
    /// AWS ([`ApiError`]), or it could not be read to its end.
    ///
    /// # Panics
    ///
    /// Where the model has no such operation: a test asks for every declared one.
    pub async fn send(
        &self,
        name: &'static str,
        input: Map<String, Value>,
    ) -> Result<Document, SdkError<ApiError, HttpResponse>> {
        let service = self.service;
        let operation = service.operation(name).unwrap_or_else(|| {
            panic!("the model of {} has no operation {name}", service.metadata.service_id);
        });
        let exchange = Exchange { service, name, operation, hosts: self.hosts };
        let mut layer = Layer::new("tickmark::Exchange");
        layer.store_put(SharedRequestSerializer::new(exchange));
        layer.store_put(SharedResponseDeserializer::new(exchange));
        layer.store_put(Metadata::new(name, service.metadata.service_id.as_str()));
        let plugins =
            self.plugins.clone().with_operation_plugin(StaticRuntimePlugin::new().with_config(layer.freeze()));
        let output = invoke(&service.metadata.service_id, name, Input::erase(input), &plugins)
            .await
            .map_err(|error| error.map_service_error(|error| error.downcast().expect("the reader's own error")))?;
        let value: Value = output.downcast().expect("the reader's own output");
        Ok(Document::new(service, operation, value))
    }
}

/// S3 signs the path as it stands and wants the hash of the body in a header ("Signature
/// calculations for the Authorization header" in the S3 API Reference).
fn signing_options(service: &ServiceModel) -> SigningOptions {
    let mut options = SigningOptions::default();
    if service.metadata.s3_signing {
        options.double_uri_encode = false;
        options.normalize_uri_path = false;
        options.content_sha256_header = true;
    }
    options
}

fn store<T>(layer: &mut Layer, value: Option<T>)
where
    T: aws_smithy_types::config_bag::Storable<Storer = aws_smithy_types::config_bag::StoreReplace<T>>,
{
    if let Some(value) = value {
        layer.store_put(value);
    }
}

/// The address that the configuration names for a service: what the program was told, else
/// `AWS_ENDPOINT_URL_<SERVICE>` and the profile's `services` section, else `AWS_ENDPOINT_URL`.
/// From "Service-specific endpoints" in the AWS SDKs and Tools Reference Guide.
pub(crate) fn configured(config: &SdkConfig, service: &ServiceModel) -> Option<String> {
    let everywhere = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return everywhere();
    }
    let key = ServiceConfigKey::builder()
        .service_id(&service.metadata.service_id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all three parts are there");
    config.service_config().and_then(|of_service| of_service.load_config(key)).or_else(everywhere)
}

impl Headers for HttpHeaders {
    fn header(&self, name: &str) -> Option<&str> {
        self.get(name)
    }
}

/// Writes the request of one operation and reads its answer.
#[derive(Debug, Clone, Copy)]
struct Exchange {
    service: &'static ServiceModel,
    name: &'static str,
    operation: &'static OperationModel,
    hosts: Hosts,
}

impl SerializeRequest for Exchange {
    fn serialize_input(&self, input: Input, config: &mut ConfigBag) -> Result<HttpRequest, BoxError> {
        let input: Map<String, Value> = input.downcast().expect("the caller's own input");
        // The runtime looks for these in the state of interceptors, and nowhere else.
        config.interceptor_state().store_put(EndpointResolverParams::from(StaticUriEndpointResolverParams::new()));
        let Request { http, host_prefix } =
            request::request(self.service, self.name, self.operation, &input, self.hosts)?;
        if let Some(prefix) = host_prefix {
            config.interceptor_state().store_put(EndpointPrefix::new(prefix)?);
        }
        Ok(http.try_into()?)
    }
}

impl DeserializeResponse for Exchange {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        _: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let Some(body) = response.body().bytes() else {
            return Err(OrchestratorError::other("the answer was not read to its end"));
        };
        if !response.status().is_success() {
            let error = ApiError::read(self.service, response.headers(), body);
            return Err(OrchestratorError::operation(Error::erase(error)));
        }
        match read::answer(self.service, self.name, self.operation, response.headers(), body) {
            Ok(document) => Ok(Output::erase(document)),
            Err(why) => Err(OrchestratorError::response(Box::new(why))),
        }
    }
}

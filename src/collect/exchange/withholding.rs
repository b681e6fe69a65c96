//! A connection that withholds the secrets of answers: between the network, or what stands in for it,
//! and all that reads or keeps an answer.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;

use super::recorder::{CALL, Call};
use crate::collect::api::model;
use crate::collect::api::withhold::{Kept, Salt, withhold};

/// A client whose answers lack what the operation under way withholds.
#[derive(Debug)]
pub(super) struct Withholding {
    client: SharedHttpClient,
    salt: Salt,
}

impl Withholding {
    pub(super) fn new(client: SharedHttpClient, salt: Salt) -> Self {
        Self { client, salt }
    }
}

impl HttpClient for Withholding {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Connector { connector, salt: self.salt.clone() })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, config)
    }

    fn validate_final_config(&self, components: &RuntimeComponents, config: &ConfigBag) -> Result<(), BoxError> {
        self.client.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    salt: Salt,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.connector.call(request);
        // A call outside of any operation is one of the credential chain, and is not captured.
        let Ok(call) = CALL.try_with(Arc::clone) else { return answer };
        if call.operation.secrets.is_empty() {
            return answer;
        }
        let salt = self.salt.clone();
        HttpConnectorFuture::new(async move {
            match answer.await? {
                response if response.status().is_success() => withheld(&call, response, &salt).await,
                error => Ok(error),
            }
        })
    }
}

/// The answer without its secrets, and without what tells of the bytes that came.
async fn withheld(call: &Call, mut response: HttpResponse, salt: &Salt) -> Result<HttpResponse, ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let operation = call.operation;
    let kept = model::service(operation.service).map_or_else(Kept::nothing, |service| {
        withhold(service, operation.name, response.headers(), &body, operation.secrets, salt)
    });
    if kept.body != *body {
        let headers = response.headers_mut();
        let sums: Vec<String> = headers.iter().map(|(name, _)| name.to_owned()).filter(|name| tells(name)).collect();
        for name in sums {
            headers.remove(name);
        }
        headers.insert("content-length", kept.body.len().to_string());
    }
    *response.body_mut() = SdkBody::from(kept.body);
    call.withholds(kept.withheld);
    Ok(response)
}

/// Whether a header tells the length or a sum of the body: a weak secret is found by its sum.
fn tells(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["content-length", "md5", "etag", "digest", "crc", "checksum", "sha256", "signature"]
        .iter()
        .any(|part| name.contains(part))
}

//! The connection to AWS: the SDK's own HTTP client over TLS by rustls, through the proxy that the
//! environment names, trusting the certificates that the user names.
//!
//! The client is the SDK's default but for the cryptography behind TLS: ring in place of AWS-LC,
//! which takes longer to build than the rest of the connection.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Where a bundle of certificates is named, beside the profile's `ca_bundle`. From "General
/// configuration settings" in the AWS SDKs and Tools Reference Guide.
pub(super) const BUNDLE_VARIABLE: &str = "AWS_CA_BUNDLE";

/// A client for all services and regions of a session: they share its connections. `trusted` are the
/// authorities of [`trust`]; those of the system where left out.
#[must_use]
pub(super) fn https(trusted: Option<TrustStore>) -> SharedHttpClient {
    let context = TlsContext::builder().with_trust_store(trusted.unwrap_or_default()).build();
    let context = context.expect("a context of certificates that were read builds");
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector =
            ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build()
    })
}

/// The authorities that the user names in place of the system's: `AWS_CA_BUNDLE`, else the profile's
/// `ca_bundle`. `None` where neither is set.
///
/// # Errors
///
/// A fragment that fits after "could not": the file cannot be read, or holds no certificate.
pub(super) fn trust(of_profile: Option<&str>) -> Result<Option<TrustStore>, String> {
    let variable = std::env::var(BUNDLE_VARIABLE).ok().filter(|path| !path.is_empty());
    let (path, from) = match (variable, of_profile) {
        (Some(path), _) => (path, BUNDLE_VARIABLE),
        (None, Some(path)) if !path.is_empty() => (path.to_owned(), "ca_bundle of the profile"),
        _ => return Ok(None),
    };
    let failed = |why: String| format!("use the certificates in {path} ({from}): {why}");
    let bytes = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    authorities(&bytes).map(Some).map_err(failed)
}

/// The certificates of a PEM file. One that is no authority's is passed over, as bundles have such; a
/// file without any is refused.
fn authorities(pem: &[u8]) -> Result<TrustStore, String> {
    let mut trusted = TrustStore::empty();
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("it is not PEM: {error}"))?;
        if RootCertStore::empty().add(certificate.clone()).is_err() {
            continue;
        }
        count += 1;
        // The client reads PEM again, and takes what it cannot read for a fault of the program.
        let text = BASE64.encode(&certificate);
        trusted.add_pem_certificate(format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"));
    }
    if count == 0 { Err("it holds no certificate in PEM".to_owned()) } else { Ok(trusted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_without_a_certificate_is_refused_and_says_so() {
        let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for text in ["", "no certificate", junk] {
            assert_eq!(authorities(text.as_bytes()).err().as_deref(), Some("it holds no certificate in PEM"), "{text}");
        }
        let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(authorities(cut.as_bytes()).is_err());
    }
}

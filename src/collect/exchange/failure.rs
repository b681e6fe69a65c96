//! Why a connection did not come about, or broke: told by the errors of the layers below.

use std::error::Error;
use std::io::ErrorKind;

use aws_smithy_runtime_api::client::result::ConnectorError;

use crate::model::capture::ConnectionFailure;

/// A failure as a tape has it, or as it is made here: the kind of it is known.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.meaning())]
pub(super) struct Known(pub(super) ConnectionFailure);

/// The kind of a connection's failure, where the errors below tell it.
pub(super) fn kind(error: &ConnectorError) -> Option<ConnectionFailure> {
    match of_chain(error) {
        // Nothing is sent before TLS is agreed on.
        Some(ConnectionFailure::Closed) if is_connecting(error) => Some(ConnectionFailure::Tls),
        kind => kind,
    }
}

/// Whether the connection was still being made.
fn is_connecting(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| error.to_string() == "client error (Connect)")
}

/// The kind, by the first error of a chain that tells one.
fn of_chain(error: &(dyn Error + 'static)) -> Option<ConnectionFailure> {
    causes(error).find_map(of_one)
}

/// An error and what caused it, the outermost first.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

fn of_one(error: &(dyn Error + 'static)) -> Option<ConnectionFailure> {
    if let Some(Known(kind)) = error.downcast_ref() {
        return Some(*kind);
    }
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(of_tls(tls));
    }
    if let Some(io) = error.downcast_ref::<std::io::Error>() {
        // An error that was wrapped in one of input and output is no source of it.
        if let Some(kind) = io.get_ref().and_then(|inner| of_chain(inner)) {
            return Some(kind);
        }
        return match io.kind() {
            ErrorKind::ConnectionRefused => Some(ConnectionFailure::Refused),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some(ConnectionFailure::Unreachable),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Some(ConnectionFailure::Closed),
            _ => None,
        };
    }
    // The types of these are private to the HTTP client.
    let said = error.to_string();
    if said.starts_with("dns error") || said.starts_with("failed to lookup address") {
        return Some(ConnectionFailure::NameNotResolved);
    }
    if said.starts_with("connection closed before message completed") {
        return Some(ConnectionFailure::Closed);
    }
    None
}

fn of_tls(error: &rustls::Error) -> ConnectionFailure {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
            ConnectionFailure::CertificateNotTrusted
        }
        _ => ConnectionFailure::Tls,
    }
}

/// An error and what caused it, in its own words.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        next = cause.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn kind_of(error: impl Into<Box<dyn Error + Send + Sync>>) -> Option<ConnectionFailure> {
        kind(&ConnectorError::io(error.into()))
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] io::Error);

    #[test]
    fn failures_are_told_apart_however_deep_they_lie() {
        let certificate = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        for (error, expected) in [
            (io::Error::from(ErrorKind::ConnectionRefused), Some(ConnectionFailure::Refused)),
            (io::Error::from(ErrorKind::ConnectionReset), Some(ConnectionFailure::Closed)),
            (io::Error::from(ErrorKind::HostUnreachable), Some(ConnectionFailure::Unreachable)),
            (io::Error::other(certificate), Some(ConnectionFailure::CertificateNotTrusted)),
            (io::Error::other(rustls::Error::DecryptError), Some(ConnectionFailure::Tls)),
            (io::Error::other("anything"), None),
        ] {
            assert_eq!(kind_of(Layer("client error", error)), expected);
        }
        let looked_up = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(kind_of(Layer("dns error", looked_up)), Some(ConnectionFailure::NameNotResolved));
        let cut = Layer("client error (Connect)", io::Error::from(ErrorKind::UnexpectedEof));
        assert_eq!(kind_of(cut), Some(ConnectionFailure::Tls));
        assert_eq!(kind_of("connection closed before message completed"), Some(ConnectionFailure::Closed));
        for known in ConnectionFailure::ALL {
            assert_eq!(kind_of(Known(known)), Some(known));
        }
    }
}

//! TLS is always verified; an authority of one's own is trusted by file.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flashpoint_operator::flashpoint::{Api, ApiKey, Flashpoint, FlashpointSettings};
use flashpoint_operator::http::call::Unobserved;
use flashpoint_operator::http::fault::FaultKind;
use flashpoint_operator::http::{HttpSettings, HttpSetupError, client};
use flashpoint_operator::sync::source::{PageError, PageRequest, Since, Source};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const ENVELOPE: &str = r#"{"total":0,"limit":500,"count":0,"skip":0,"data":[]}"#;

/// A server with a certificate for `name` by an authority, whose PEM is also given.
async fn serve(name: &str) -> (u16, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from(leaf.der().to_vec())],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await;
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{ENVELOPE}",
                ENVELOPE.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (port, authority.pem())
}

async fn ask(port: u16, ca_file: Option<PathBuf>) -> Result<(), PageError> {
    let settings = FlashpointSettings {
        api: Api::V4,
        url: format!("https://localhost:{port}").parse().unwrap(),
        path: "/api/v4/reports/".to_owned(),
    };
    let http = client(&HttpSettings { ca_file }).unwrap();
    let flashpoint = Flashpoint::new(&settings, http, Arc::new(Unobserved));
    let key = ApiKey(SecretString::from("key"));
    let source = flashpoint.source(&key, Duration::from_secs(30));
    let request = PageRequest {
        since: Since::Lookback(86_400),
        limit: 500,
        skip: 0,
    };
    source.page(request).await.map(drop)
}

fn file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_by_file_only() {
    let (port, authority) = serve("localhost").await;
    let authority = file(&authority);
    ask(port, Some(authority.path().to_owned())).await.unwrap();

    let Err(PageError::Fault(fault)) = ask(port, None).await else {
        panic!("an unknown authority was trusted");
    };
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(fault.message.contains("certificate"), "{fault}");
    assert!(fault.message.contains("--ca-file"), "{fault}");
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let (port, authority) = serve("elsewhere.example").await;
    let authority = file(&authority);
    let Err(PageError::Fault(fault)) = ask(port, Some(authority.path().to_owned())).await else {
        panic!("a certificate for another host was trusted");
    };
    assert!(fault.message.contains("certificate"), "{fault}");
}

#[tokio::test]
async fn a_port_that_speaks_plain_http_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4_096]).await;
            let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    });
    let Err(PageError::Fault(fault)) = ask(port, None).await else {
        panic!("an answer in plain http was taken");
    };
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(
        fault.message.contains("the port may speak plain http"),
        "{fault}"
    );
}

#[test]
fn a_useless_file_of_authorities_is_named() {
    let failure = |ca_file| {
        client(&HttpSettings {
            ca_file: Some(ca_file),
        })
        .unwrap_err()
    };
    let error = failure(PathBuf::from("/nowhere/ca.pem"));
    assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");

    for content in [
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let error = failure(file(content).path().to_owned());
        assert!(
            matches!(error, HttpSetupError::Authorities { .. }),
            "{error}"
        );
    }
}

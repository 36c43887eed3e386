//! What lies between us and a server before anything is asked of it: its name, its addresses, and TLS.
//!
//! **Invariant:** nothing but handshakes is sent, no credential comes near, and each step ends within its limit.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use x509_cert::der::Decode as _;

use super::http::{WireError, ca_certificates, tls_text};

/// How many addresses of a name are tried.
const MOST_ADDRESSES: usize = 6;

/// The addresses of a host.
///
/// # Errors
/// What the resolver says, or that it says nothing.
pub async fn look_up(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    match tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await {
        Err(_) => Err(format!("no answer of the resolver within {} s", limit.as_secs())),
        Ok(Err(error)) => Err(error.to_string()),
        Ok(Ok(addresses)) => {
            let mut found: Vec<SocketAddr> = Vec::new();
            addresses.for_each(|address| {
                if !found.contains(&address) {
                    found.push(address);
                }
            });
            if found.is_empty() { Err("the name has no address".to_owned()) } else { Ok(found) }
        }
    }
}

/// Connects to each of some addresses, at the same time, and hangs up: how long it took, or why it failed. In the order given.
pub async fn connect(addresses: &[SocketAddr], limit: Duration) -> Vec<(SocketAddr, Result<Duration, String>)> {
    let mut tasks = JoinSet::new();
    for (place, address) in addresses.iter().copied().take(MOST_ADDRESSES).enumerate() {
        tasks.spawn(async move {
            let started = Instant::now();
            let result = match tokio::time::timeout(limit, TcpStream::connect(address)).await {
                Err(_) => Err(format!("no connection within {} s", limit.as_secs())),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => Err("nobody listens".to_owned()),
                Ok(Err(error)) => Err(error.to_string()),
                Ok(Ok(_)) => Ok(started.elapsed()),
            };
            (place, address, result)
        });
    }
    let mut all = tasks.join_all().await;
    all.sort_by_key(|(place, ..)| *place);
    all.into_iter().map(|(_, address, result)| (address, result)).collect()
}

/// A TLS handshake that came about, whatever is to be thought of the certificate.
#[derive(Clone, Debug)]
pub struct Handshake {
    /// The version, such as `TLS 1.3`.
    pub version: &'static str,
    /// Whether a request would be sent over it.
    pub trust: Result<(), Distrust>,
    /// What the server shows: its own certificate first, as far as they can be read.
    pub chain: Vec<Certificate>,
}

/// Why a certificate is not accepted.
#[derive(Clone, Debug)]
pub struct Distrust {
    /// The kind of reason.
    pub kind: Doubt,
    /// The reason in words.
    pub text: String,
}

/// The kinds of reason for not accepting a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its authority is not trusted here.
    UnknownIssuer,
    /// It has ended, or has not begun.
    OutOfTime,
    /// It is for other names: these.
    WrongName(Vec<String>),
    /// It is marked as the certificate of an authority, which no server may show as its own.
    IsAuthority,
    /// Anything else.
    Other,
}

/// What there is to say of a certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who has signed it.
    pub issuer: String,
    /// When it begins.
    pub from: SystemTime,
    /// When it ends.
    pub until: SystemTime,
}

impl Certificate {
    /// Whether it is signed by nobody else.
    pub fn is_self_signed(&self) -> bool {
        self.subject == self.issuer
    }

    fn read(der: &[u8]) -> Option<Self> {
        let certificate = x509_cert::Certificate::from_der(der).ok()?;
        let content = certificate.tbs_certificate();
        Some(Self {
            subject: content.subject().to_string(),
            issuer: content.issuer().to_string(),
            from: content.validity().not_before.to_system_time(),
            until: content.validity().not_after.to_system_time(),
        })
    }
}

/// Shakes hands with a server and hangs up.
///
/// # Errors
/// When the CA file cannot be used; inside, when there is no handshake: why not.
pub async fn handshake(
    address: SocketAddr,
    host: &str,
    ca_file: Option<&Path>,
    limit: Duration,
) -> Result<Result<Handshake, String>, WireError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = |error: rustls::Error| WireError::Client(error.to_string());
    let roots = ca_file.map(ca_certificates).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(client)?;
    let witness = Arc::new(Witness { verifier, seen: Mutex::new(None) });
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().map_err(client)?;
    let as_verifier: Arc<dyn ServerCertVerifier> = Arc::<Witness>::clone(&witness);
    let mut config = builder.dangerous().with_custom_certificate_verifier(as_verifier).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let Ok(name) = ServerName::try_from(host.to_owned()) else {
        return Ok(Err(format!("{host} cannot be the name in a certificate")));
    };
    let shaking = async {
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    };
    let stream = match tokio::time::timeout(limit, shaking).await {
        Err(_) => return Ok(Err(format!("no answer to the handshake within {} s", limit.as_secs()))),
        Ok(Err(error)) => return Ok(Err(refusal(&error))),
        Ok(Ok(stream)) => stream,
    };
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let chain = session.peer_certificates().unwrap_or_default().iter().filter_map(|der| Certificate::read(der));
    let trust = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    let trust = trust.unwrap_or_else(|| Err(distrust(&rustls::Error::NoCertificatesPresented)));
    Ok(Ok(Handshake { version, trust, chain: chain.collect() }))
}

/// Why there is no handshake.
fn refusal(error: &io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match (tls, error.kind()) {
        (Some(error), _) => tls_text(error, "the base URL"),
        (None, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "the server hung up during the handshake; perhaps it speaks no TLS".to_owned()
        }
        (None, _) => error.to_string(),
    }
}

fn distrust(error: &rustls::Error) -> Distrust {
    use CertificateError as Bad;
    let kind = match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => Doubt::UnknownIssuer,
            Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                Doubt::OutOfTime
            }
            Bad::NotValidForName => Doubt::WrongName(Vec::new()),
            Bad::NotValidForNameContext { presented, .. } => Doubt::WrongName(presented.clone()),
            // The library has no word of its own for it.
            Bad::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => Doubt::IsAuthority,
            _ => Doubt::Other,
        },
        _ => Doubt::Other,
    };
    Distrust { kind, text: tls_text(error, "the base URL") }
}

/// Lets every handshake come about, so that all can be told of it, and keeps what a request would have been told.
#[derive(Debug)]
struct Witness {
    verifier: Verifier,
    seen: Mutex<Option<Result<(), Distrust>>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = self.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let seen = seen.map(drop).map_err(|error| distrust(&error));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

//! An HTTP proxy for the API server, as a company has one: it tunnels (`CONNECT`) for whoever names user and password.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A running proxy.
pub struct Proxy {
    /// `127.0.0.1` and its port.
    pub address: String,
    tunnels: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts one that takes these credentials, `user:password`.
    pub async fn start(credentials: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let expected = format!("Basic {}", STANDARD.encode(credentials)).to_ascii_lowercase();
        let tunnels = Arc::new(AtomicUsize::new(0));
        let counted = tunnels.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(serve(near, expected.clone(), counted.clone()));
            }
        });
        Self { address, tunnels }
    }

    /// How many connections it tunnelled.
    pub fn tunnels(&self) -> usize {
        self.tunnels.load(Ordering::Relaxed)
    }
}

async fn serve(mut near: TcpStream, expected: String, tunnels: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = near.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head
        .strip_prefix("CONNECT ")
        .and_then(|rest| rest.split(' ').next())
        .unwrap_or_else(|| panic!("{head}"));
    if !head.to_ascii_lowercase().contains(&expected) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        let _ = near.write_all(refusal.as_bytes()).await;
        return;
    }
    let mut far = TcpStream::connect(target).await.unwrap();
    tunnels.fetch_add(1, Ordering::Relaxed);
    let _ = near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let _ = copy_bidirectional(&mut near, &mut far).await;
}

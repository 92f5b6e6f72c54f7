//! A relay between an operator and the API server, whose connections can go silent as those of a load balancer do that lost its
//! backend: they stay open and are acknowledged, and nothing comes through.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay to the API server of a kubeconfig.
pub struct Relay {
    /// A kubeconfig that leads through it.
    pub kubeconfig: PathBuf,
    /// How often open connections went silent.
    silenced: watch::Sender<usize>,
    opened: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts one in front of the API server that a kubeconfig names.
    pub async fn start(kubeconfig: &std::path::Path) -> Self {
        let text = std::fs::read_to_string(kubeconfig).unwrap();
        let (_, rest) = text.split_once("https://").unwrap();
        let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == ':');
        let server = rest.split(ends).next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let through = kubeconfig.with_extension(format!("relay-{}", address.replace(':', "-")));
        std::fs::write(&through, text.replace(&server, &address)).unwrap();
        let relay = Self {
            kubeconfig: through,
            silenced: watch::Sender::new(0),
            opened: Arc::default(),
        };
        let (silenced, opened) = (relay.silenced.subscribe(), relay.opened.clone());
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::Relaxed);
                let mut silenced = silenced.clone();
                silenced.mark_unchanged();
                let server = server.clone();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        // Both stay open until the test ends.
                        _ = silenced.changed() => std::future::pending::<()>().await,
                    }
                });
            }
        });
        relay
    }

    /// Lets all connections that are open now go silent; new ones work. Gives how many there were.
    pub fn go_silent(&self) -> usize {
        self.silenced.send_modify(|times| *times += 1);
        self.opened()
    }

    /// How many connections were opened so far.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

//! The control plane from a shell: `build`, `up`, `pin`.

use std::{io, path::Path, process::ExitCode, thread};

use clap::Parser;
use control_plane::{Assets, ControlPlane, Error, KubernetesVersion, Options, pin};
use tokio::{signal, sync::oneshot};

/// A real kube-apiserver and etcd on this machine.
#[derive(Parser)]
#[command(name = "control-plane")]
enum Command {
    /// Prints the directory that holds both programs, and builds them first if need be.
    #[command(visible_alias = "path")]
    Build,
    /// Starts a control plane, prints its kubeconfig's path, and stops it on Ctrl-C or when standard input closes.
    Up,
    /// Resolves the pinned Go modules anew.
    #[command(hide = true)]
    Pin,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Command::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("control-plane: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Build => {
            let assets = Assets::locate(KubernetesVersion::from_env()?)?;
            println!("{}", assets.directory().display());
            Ok(())
        }
        Command::Up => {
            let control_plane = ControlPlane::start(Options::default()).await?;
            println!("{}", control_plane.kubeconfig().display());
            tokio::select! {
                _ = signal::ctrl_c() => {}
                () = stdin_closed() => {}
            }
            control_plane.stop().await
        }
        Command::Pin => pin(&Path::new(env!("CARGO_MANIFEST_DIR")).join("modules")),
    }
}

/// Ends when standard input does. A thread of its own reads it: one of the runtime's would hold up the exit.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel();
    thread::spawn(move || {
        // An unreadable input is a closed one.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        let _ = closed.send(());
    });
    let _ = wait.await;
}

//! Building kube-apiserver and etcd from pinned Go modules.

use std::{fs, path::Path, time::Instant};

use crate::{
    Error, KubernetesVersion,
    assets::say,
    error::Doing as _,
    go::{Go, go_line},
};

/// The etcd that every Kubernetes version here runs on.
pub(crate) const ETCD_VERSION: &str = "3.6.5";

/// A program in a Go module.
struct Program {
    name: &'static str,
    module: &'static str,
    /// The directory of the program in its module.
    directory: &'static str,
    version: String,
    /// The `go.mod` and `go.sum` to build it with, where they are kept here.
    pinned: Option<[&'static str; 2]>,
    linker_flags: String,
}

impl Program {
    fn etcd() -> Self {
        Self {
            name: "etcd",
            module: "go.etcd.io/etcd/server/v3",
            directory: "",
            version: ETCD_VERSION.to_owned(),
            pinned: Some([
                include_str!("../modules/etcd/go.mod"),
                include_str!("../modules/etcd/go.sum"),
            ]),
            linker_flags: "-s -w".to_owned(),
        }
    }

    fn kube_apiserver(version: KubernetesVersion) -> Self {
        let pin = [
            include_str!("../modules/kube-apiserver/go.mod"),
            include_str!("../modules/kube-apiserver/go.sum"),
        ];
        let set = "-X k8s.io/component-base/version";
        Self {
            name: "kube-apiserver",
            module: "k8s.io/kubernetes",
            directory: "/cmd/kube-apiserver",
            version: version.to_string(),
            pinned: (version == KubernetesVersion::PINNED).then_some(pin),
            linker_flags: format!(
                "-s -w {set}.gitVersion=v{version} {set}.gitMajor=1 {set}.gitMinor={}",
                version.minor()
            ),
        }
    }

    /// Writes the `go.mod` and `go.sum` to build it with.
    fn prepare(&self, go: &mut Go, module: &Path) -> Result<(), Error> {
        fs::create_dir_all(module).doing(format!("creating {}", module.display()))?;
        let Some([go_mod, go_sum]) = self.pinned else {
            return self.resolve(go, module);
        };
        write(&module.join("go.mod"), go_mod)?;
        write(&module.join("go.sum"), go_sum)
    }

    /// Works out a `go.mod` and `go.sum` to build it with.
    ///
    /// The `go.mod` of k8s.io/kubernetes replaces the modules of its staging directory by paths that exist only in its
    /// repository; here they are replaced by the same modules as published, v0.36.3 for 1.36.3.
    fn resolve(&self, go: &mut Go, module: &Path) -> Result<(), Error> {
        let release = format!("{}@v{}", self.module, self.version);
        let downloaded = go.run(module, self.name, &["mod", "download", "-json", &release])?;
        let downloaded: serde_json::Value = serde_json::from_str(&downloaded).unwrap_or_default();
        let upstream = downloaded["GoMod"].as_str().unwrap_or_default();
        let upstream = fs::read_to_string(upstream)
            .doing(format!("reading the go.mod of {release}, {upstream:?}"))?;
        go.check_version(&upstream)?;

        let head = format!(
            "module control-plane.test/{}\n\ngo {}\n",
            self.name,
            go_line(&upstream)
        );
        let staged = upstream
            .lines()
            .filter_map(|line| line.split_once(" => ./staging"));
        let replaced = staged.map(|(name, _)| {
            let name = name.trim_start_matches("replace ").trim();
            format!(
                "replace {name} => {name} v0{}\n",
                self.version.trim_start_matches('1')
            )
        });
        let go_mod: Vec<String> = std::iter::once(head).chain(replaced).collect();
        write(&module.join("go.mod"), &go_mod.join("\n"))?;
        let tool = format!("{}{}@v{}", self.module, self.directory, self.version);
        go.run(module, self.name, &["get", "-tool", &tool])
            .map(drop)
    }

    fn build(&self, go: &mut Go, module: &Path, output: &Path) -> Result<(), Error> {
        let flags = format!("-ldflags={}", self.linker_flags);
        let package = format!("{}{}", self.module, self.directory);
        let output = output.display().to_string();
        let arguments = [
            "build",
            "-v",
            "-trimpath",
            "-buildvcs=false",
            &flags,
            "-o",
            &output,
            &package,
        ];
        go.run(module, self.name, &arguments).map(drop)
    }
}

/// Builds both programs in `staging`, then moves them to `destination` in one step.
pub(crate) fn build(
    version: KubernetesVersion,
    destination: &Path,
    staging: &Path,
) -> Result<(), Error> {
    let started = Instant::now();
    for leftover in [staging, destination] {
        if leftover.exists() {
            fs::remove_dir_all(leftover).doing(format!("removing {}", leftover.display()))?;
        }
    }
    let mut go = Go::new(staging)?;
    let programs = [Program::etcd(), Program::kube_apiserver(version)];
    for [go_mod, _] in programs.iter().filter_map(|program| program.pinned) {
        go.check_version(go_mod)?;
    }
    go.check_disk(destination)?;
    say(&format!(
        "building kube-apiserver {version} and etcd {ETCD_VERSION} into {}, once; it takes about 5 minutes on 2 cores \
         (KUBEBUILDER_ASSETS names a directory that holds both; `cargo test --lib` needs neither)",
        destination.display()
    ));
    let output = staging.join("programs");
    fs::create_dir_all(&output).doing(format!("creating {}", output.display()))?;
    for program in programs {
        let module = staging.join(program.name);
        program.prepare(&mut go, &module)?;
        program.build(&mut go, &module, &output.join(program.name))?;
    }
    fs::rename(&output, destination)
        .doing(format!("moving the programs to {}", destination.display()))?;
    say(&format!(
        "built in {} s: {}",
        started.elapsed().as_secs(),
        destination.display()
    ));
    Ok(())
}

/// Resolves the modules of [`KubernetesVersion::PINNED`] and of etcd anew, and writes their `go.mod` and `go.sum`
/// below `modules`: what is done after a change of either version. Blocks.
///
/// # Errors
/// [`Error::GoNeeded`], [`Error::Ended`] if `go` fails, [`Error::Io`].
pub fn pin(modules: &Path) -> Result<(), Error> {
    for program in [
        Program::etcd(),
        Program::kube_apiserver(KubernetesVersion::PINNED),
    ] {
        let module = tempfile::tempdir()
            .doing("making a temporary directory")?
            .keep();
        let mut go = Go::new(&module)?;
        program.resolve(&mut go, &module)?;
        // The sums for every platform, not just for this one.
        go.run(&module, program.name, &["mod", "tidy"])?;
        for file in ["go.mod", "go.sum"] {
            let target = modules.join(program.name).join(file);
            fs::copy(module.join(file), &target).doing(format!("writing {}", target.display()))?;
        }
    }
    Ok(())
}

fn write(file: &Path, content: &str) -> Result<(), Error> {
    fs::write(file, content).doing(format!("writing {}", file.display()))
}

//! Packs the addresses that the loader adjusts at start: a tenth of a megabyte in place of half of one.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let target = |key: &str| std::env::var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    // glibc reads them from 2.36 on, musl from 1.2.4 on.
    if target("OS") == "linux" {
        println!("cargo:rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

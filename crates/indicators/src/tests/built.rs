//! No change of a rule or a list goes by without another digest.

use std::fs;

#[allow(dead_code, reason = "its `main` is cargo's to call")]
#[path = "../../build.rs"]
mod build;

#[test]
fn the_digest_changes_with_each_source_and_list_and_not_with_tests() {
    let folder = std::env::temp_dir().join(format!("rules-digest-{}", std::process::id()));
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        build::digest(&folder, 0).unwrap()
    };
    let first = write("a.rs", "1\n");
    let mut seen = vec![
        first,
        write("a.rs", "2\n"),
        write("b.rs", ""),
        write("b/c.rs", "1"),
        write("b/c.rs", "2"),
        write("names.txt", "evil"),
    ];
    let last = write("names.txt", "evil\nworse");
    assert!(!seen.contains(&last));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 6, "{seen:?}");
    for (name, text) in [
        ("b/tests.rs", "x"),
        ("b/tests/d.rs", "x"),
        ("names.txt", "evil\r\nworse"),
    ] {
        assert_eq!(write(name, text), last, "{name}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_extractor_was_built_from_what_is_here() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = build::digest(&root.join("src"), build::SEED).unwrap();
    let digest = build::digest(&root.join("lists"), sources).unwrap();
    assert_eq!(format!("{digest:016x}"), env!("RULES_DIGEST"));
}

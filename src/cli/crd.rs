//! `crd`: the custom resource definitions as YAML.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;
use serde_saphyr::ser_options;

use super::{Exit, print};
use crate::api;

/// What `kustomize build` and `kubectl apply -k` read beside the definitions. Without an extension, as kustomize also knows it:
/// `kubectl apply -f` takes every .yaml of a directory for an object.
const KUSTOMIZATION: &str = "Kustomization";

/// Where the definitions go.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Write one file for each definition, and a Kustomization, into this directory
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
}

/// Prints the definitions, or writes them to files.
pub fn run(args: &Args) -> Exit {
    Exit::of(match &args.output_dir {
        Some(directory) => write_files(directory)
            .map_err(|error| format!("failed to write to {}: {error}", directory.display())),
        None => print(|out| {
            for definition in api::definitions() {
                write!(out, "{}", yaml(&definition)?)?;
            }
            Ok(())
        }),
    })
}

fn write_files(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let mut resources = String::new();
    for definition in api::definitions() {
        let file = file_name(&definition);
        std::fs::write(directory.join(&file), yaml(&definition)?)?;
        resources.push_str("- ");
        resources.push_str(&file);
        resources.push('\n');
    }
    let kustomization = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}"
    );
    std::fs::write(directory.join(KUSTOMIZATION), kustomization)
}

/// As controller-gen names such files: `group_plural.yaml`.
fn file_name(definition: &CustomResourceDefinition) -> String {
    format!(
        "{}_{}.yaml",
        definition.spec.group, definition.spec.names.plural
    )
}

/// A document with its beginning: `helm show crds` of Helm 3 puts files behind each other as they are.
fn yaml(definition: &CustomResourceDefinition) -> io::Result<String> {
    let mut definition = serde_json::to_value(definition)?;
    whole_numbers(&mut definition);
    // A folded text would be a new paragraph at each change: one line, as kubectl prints it.
    let options = ser_options! { prefer_block_scalars: false };
    let text = serde_saphyr::to_string_with_options(&definition, options);
    text.map(|text| format!("---\n{text}"))
        .map_err(io::Error::other)
}

/// Bounds are floats in the definition's types: `maximum: 500`, not `500.0`.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = number
                .as_f64()
                .filter(|float| number.is_f64() && float.fract() == 0.0);
            if let Some(whole) = whole.and_then(|float| format!("{float}").parse::<i64>().ok()) {
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        _ => {}
    }
}

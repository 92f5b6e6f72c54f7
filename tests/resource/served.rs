//! An API server that serves our resources.

use control_plane::ControlPlane;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, Patch, PatchParams};
use kube::core::Request;
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Api, Client, ResourceExt as _};
use serde_json::Value;
use tokio::sync::OnceCell;

/// The control plane that the tests share, with our resources.
pub async fn served() -> (&'static ControlPlane, Client) {
    static DEFINED: OnceCell<()> = OnceCell::const_new();
    let plane = ControlPlane::shared().await.unwrap();
    let client = plane.client().unwrap();
    DEFINED.get_or_init(|| define(client.clone())).await;
    (plane, client)
}

async fn define(client: Client) {
    let api: Api<CustomResourceDefinition> = Api::all(client);
    for definition in flashpoint_operator::api::definitions() {
        let name = definition.name_any();
        api.patch(
            &name,
            &PatchParams::apply("tests"),
            &Patch::Apply(&definition),
        )
        .await
        .unwrap();
        await_condition(api.clone(), &name, is_crd_established())
            .await
            .unwrap();
    }
}

/// What is at a path, as the media type that is asked for.
pub async fn get(client: &Client, path: &str, accept: &str) -> Value {
    let mut request = Request::new(path).list(&ListParams::default()).unwrap();
    request
        .headers_mut()
        .insert("accept", accept.parse().unwrap());
    client.request(request).await.unwrap()
}

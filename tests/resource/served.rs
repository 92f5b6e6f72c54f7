//! An API server that serves our resources.

use control_plane::ControlPlane;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Patch, PatchParams};
use kube::runtime::wait::{await_condition, conditions::is_crd_established};
use kube::{Api, Client, ResourceExt as _};
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

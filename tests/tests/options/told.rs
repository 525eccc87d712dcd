//! Options as a service tells of them: by its information, as JSON, and by reflection to a foreign tool.

use std::process::Command;

use micro::prelude::*;
use micro::{Client, Message as _};
use micro_tests::grpcurl;
use micro_tests::http::exchange;
use micro_tests::kinds::start;
use prost_types::FileDescriptorProto;

use super::Nap;
use super::code_first::guard;
use super::contract_first::watcher;
use super::proto::micro::debug::v1::{DebugClient, InfoRequest};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn information_tells_them() -> Result<()> {
    let limit = Some(prost_types::Duration { seconds: 3, nanos: 0 });
    let (service, _hearing) = watcher();
    let (service, _client) = start(service).await?;
    let debug = DebugClient::new(&Client::builder().registry(micro::registry::Memory::new()).open().await?);
    let told = debug.info(InfoRequest {}).to(&service.addresses()[0]).await?;
    let endpoint =
        |name: &str| told.endpoints.iter().find(|endpoint| endpoint.method == name).expect("a method");
    for name in ["Wait", "Gather", "Tick", "Mirror"] {
        assert_eq!((endpoint(name).timeout, endpoint(name).deprecated), (limit, false), "{name}");
    }
    assert_eq!((endpoint("Rest").timeout, endpoint("Rest").deprecated), (None, true));
    let [slept] = &told.subscribers[..] else { panic!("{:?}", told.subscribers) };
    let subscription = slept.subscription.clone().expect("a topic");
    assert_eq!(
        (&*slept.method, &*subscription.topic, &*subscription.queue),
        ("OnSlept", "watch.slept", "watchers")
    );
    assert_eq!((subscription.attempts, subscription.concurrency), (2, 3));

    let at = service.local_addr().expect("a service that runs has a port");
    let json = ["content-type: application/json"];
    let answer = exchange(at, "POST", "/micro.debug.v1.Debug/Info", &json, b"{}").await.json();
    let endpoints = answer["endpoints"].as_array().expect("endpoints");
    let endpoint =
        |name: &str| endpoints.iter().find(|endpoint| endpoint["method"] == name).expect("a method");
    assert_eq!(endpoint("Wait")["timeout"], "3s", "{answer}");
    assert_eq!(endpoint("Rest")["deprecated"], true, "{answer}");
    service.stop().await?;

    let (service, _client) = start(guard()).await?;
    let told = debug.info(InfoRequest {}).to(&service.addresses()[0]).await?;
    let timeout = |name: &str| {
        told.endpoints.iter().find(|endpoint| endpoint.method == name).expect("a method").timeout
    };
    assert_eq!((timeout("Wait"), timeout("Tick"), timeout("Rest")), (limit, limit, None));
    service.stop().await
}

/// Asks a service by reflection what a contract is; spaces are made one.
async fn described(service: Service, contract: &'static str) -> Result<Option<String>> {
    let Some(tool) = grpcurl("options told by reflection") else { return Ok(None) };
    let (service, _client) = start(service).await?;
    let at = service.addresses()[0].to_string();
    let asking = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(tool);
        command.args(["-plaintext", "-max-time", "20", &at, "describe", contract]);
        command.output().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
    });
    let output = asking.await.expect("the tool ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    service.stop().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Some(said.split_whitespace().collect::<Vec<_>>().join(" ")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_them_of_a_contract_from_a_proto() -> Result<()> {
    let (service, _hearing) = watcher();
    let Some(said) = described(service, "watch.v1.Watch").await? else { return Ok(()) };
    for part in [
        "option idempotency_level = NO_SIDE_EFFECTS;",
        "option (.micro.timeout) = \"3s\";",
        "option (.micro.topic) = \"watch.slept\";",
    ] {
        // Some versions write the name with a dot before it, others without.
        assert!(
            said.replace("(.micro", "(micro").contains(&part.replace("(.micro", "(micro")),
            "{part}: {said}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_them_of_a_contract_that_is_code() -> Result<()> {
    let Some(said) = described(guard(), "guard.v1.Guard").await? else { return Ok(()) };
    let said = said.replace("(.micro", "(micro");
    assert_eq!(said.matches("option (micro.timeout) = \"3s\";").count(), 2, "{said}");
    Ok(())
}

#[test]
fn the_library_knows_the_file_as_the_generator_has_it() {
    const FILE: &str = "micro/options.proto";
    let pool = Nap::descriptor().reflect().parent_pool().clone();
    let known = pool.get_file_by_name(FILE).expect("the library brings it along");
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("micro")).unwrap();
    std::fs::write(directory.path().join(FILE), micro_expand::OPTIONS_PROTO).unwrap();
    let mut compiler = protox::Compiler::new([directory.path()]).unwrap();
    let compiled = compiler.open_file(FILE).unwrap().descriptor_pool().get_file_by_name(FILE).unwrap();
    let declared = |file: &FileDescriptorProto| -> Vec<_> {
        let option = |option: &prost_types::FieldDescriptorProto| {
            (
                option.name().to_owned(),
                option.extendee().to_owned(),
                option.number(),
                option.r#type(),
                option.label(),
            )
        };
        file.extension.iter().map(option).collect()
    };
    let (known, compiled) = (known.file_descriptor_proto(), compiled.file_descriptor_proto());
    assert_eq!(declared(known), declared(compiled));
    assert_eq!((known.package(), &known.dependency), (compiled.package(), &compiled.dependency));
}

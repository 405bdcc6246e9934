//! Rules for objects of Kubernetes over the tests of two other policy engines. A row is about one rule of theirs; what the others of
//! ours say of its object is not compared.

use std::collections::BTreeMap;

use holdpoint_tests::example::Example;
use holdpoint_tests::foreign::Document;
use holdpoint_tests::shared_data::rows;
use serde_json::{Value, json};

const NOW: &str = "2026-11-17T10:00:00Z";

/// Where an object of a kind describes its pod.
fn template(object: &Value) -> Option<(&Value, &Value)> {
    let path = match object["kind"].as_str()? {
        "Pod" => "",
        "CronJob" => "/spec/jobTemplate/spec/template",
        "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "ReplicaSet" => "/spec/template",
        _ => return None,
    };
    let template = object.pointer(path)?;
    Some((&template["metadata"], &template["spec"]))
}

/// The three lists of containers as one.
fn containers(spec: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for (list, kind) in
        [("containers", "regular"), ("initContainers", "init"), ("ephemeralContainers", "ephemeral")]
    {
        for container in spec[list].as_array().into_iter().flatten() {
            let mut container = container.clone();
            container["kind"] = kind.into();
            all.push(container);
        }
    }
    all
}

/// The document that the request is taken from.
fn document(object: &Value) -> Value {
    let reviewed = object["kind"] == "AdmissionReview";
    let operation = if reviewed && object["request"]["operation"] == "UPDATE" { "update" } else { "create" };
    let object = if reviewed { &object["request"]["object"] } else { object };
    let pod = template(object).map(|(metadata, spec)| {
        let mut pod = spec.clone();
        pod["containers"] = containers(spec).into();
        pod["annotations"] = metadata["annotations"].clone();
        pod
    });
    json!({
        "operation": operation, "apiVersion": object["apiVersion"], "kind": object["kind"],
        "name": object["metadata"]["name"], "annotations": object["metadata"]["annotations"],
        "replicas": object["spec"]["replicas"], "pod": pod, "service_type": object["spec"]["type"],
        "rules": object["rules"], "secrets": object["secrets"], "spec": object["spec"],
    })
}

/// A list of names among a row's parameters, null where there is none: a star at the end is for all that begin so.
fn patterns(names: &Value) -> Value {
    let Some(names) = names.as_array() else { return Value::Null };
    let one = |name: &str| match name.strip_suffix('*') {
        Some(start) => json!({ "text": start, "prefix": true }),
        None => json!({ "text": name, "prefix": false }),
    };
    names.iter().filter_map(Value::as_str).map(one).collect()
}

/// What the cluster's settings are in a row.
fn settings(parameters: &Value) -> Value {
    let or_empty = |list: Value| if list.is_null() { json!([]) } else { list };
    json!({
        "exempt": or_empty(patterns(&parameters["exemptImages"])),
        "forbidden_sysctls": or_empty(patterns(&parameters["forbiddenSysctls"])),
        "allowed_sysctls": patterns(&parameters["allowedSysctls"]),
    })
}

/// The rules of ours that say what a rule of Kyverno's says; none where the package is not about that.
fn of_kyverno(case: &Value) -> &'static [&'static str] {
    let policy = case["policy"].as_str().unwrap();
    let policy = policy.trim_end_matches("-cel").trim_end_matches("-vpol");
    match (policy, case["rule"].as_str(), case["engine"].as_str().unwrap()) {
        ("disallow-privileged-containers", ..) => &["rights.privileged"],
        ("require-run-as-nonroot", ..) => &["rights.non_root"],
        ("require-run-as-non-root-user", ..) => &["rights.non_root_user"],
        ("require-non-root-groups", Some("check-runasgroup"), _) => &["rights.non_root_group"],
        ("require-non-root-groups", Some("check-supplementalgroups"), _) => &["rights.non_root_groups"],
        ("require-non-root-groups", Some("check-fsgroup"), _) => &["rights.non_root_files"],
        ("require-non-root-groups", ..) => {
            &["rights.non_root_group", "rights.non_root_groups", "rights.non_root_files"]
        }
        ("psp-check-supplemental-groups", ..) => &["rights.group_ranges"],
        ("restrict-apparmor-profiles", ..) => &["rights.apparmor"],
        ("block-ephemeral-containers", ..) => &["rights.no_ephemeral"],
        ("secrets-not-from-env-vars", Some("secrets-not-from-envfrom"), "pattern") => {
            &["rights.env_from_secrets"]
        }
        ("secrets-not-from-env-vars", _, "pattern") => &["rights.env_secrets"],
        ("secrets-not-from-env-vars", ..) => &["rights.env_secrets", "rights.env_from_secrets"],
        ("restrict-controlplane-scheduling", Some(rule), "pattern") if rule.ends_with("-master") => {
            &["rights.no_master_nodes"]
        }
        ("restrict-controlplane-scheduling", _, "pattern") => &["rights.no_control_plane"],
        ("restrict-controlplane-scheduling", ..) => &["rights.no_master_nodes", "rights.no_control_plane"],
        ("deployment-has-multiple-replicas", ..) => &["capacity.replicas_"],
        ("disallow-helm-tiller", ..) => &["images.no_tiller"],
        ("restrict-deprecated-registry", ..) => &["images.registry"],
        ("check-deprecated-apis" | "disallow-deprecated-apis", ..) => &["objects.current_api"],
        ("require-encryption-aws-loadbalancers", ..) => &["objects.encrypted"],
        ("restrict-service-port-range", ..) => &["objects.high_ports"],
        ("restrict-ingress-wildcard", ..) => &["objects.whole_hosts"],
        ("restrict-wildcard-verbs", ..) => &["objects.named_verbs"],
        ("restrict-clusterrole-nodesproxy", ..) => &["objects.no_proxy"],
        ("check-serviceaccount-secrets", ..) => &["objects.no_account_secrets"],
        ("limit-hostpath-type-pv", ..) => &["objects.data_folder"],
        ("verify-git-repositories", ..) => &["objects.known_source"],
        ("appproject-clusterresourceblacklist", ..) => &["objects.closed_project"],
        _ => &[],
    }
}

fn of_gatekeeper(case: &Value) -> &'static [&'static str] {
    match case["policy"].as_str().unwrap() {
        "k8sdisallowedtags" => &["images.tagged"],
        "k8spspreadonlyrootfilesystem" => &["rights.read_only_root"],
        "k8spsphostprocess" => &["rights.host_process"],
        "k8spspforbiddensysctls" => &["rights.sysctls"],
        "k8sblockloadbalancer" => &["objects.no_load_balancer"],
        _ => &[],
    }
}

/// Whether one of the rules objects to a case's object, be it on trial.
fn objects(example: &mut Example, case: &Value, rules: &[&str]) -> bool {
    let request = example.request(&document(&case["object"]), Document::Whole);
    let settings = settings(&case["parameters"]);
    let decision =
        example.decide(&request, &settings, NOW).unwrap_or_else(|error| panic!("{}: {error}", case["id"]));
    let mut said = decision.objections.iter().chain(&decision.trial);
    assert!(said.clone().all(|objection| objection.unknown.is_empty()), "{}: {said:?}", case["id"]);
    said.any(|objection| rules.contains(&objection.rule.as_str()))
}

/// How many cases a package answers, how many of these it objects to, and how many are not of its subject.
fn run(
    name: &str,
    rules: fn(&Value) -> &'static [&'static str],
    wanted: fn(&Value) -> bool,
) -> Option<[usize; 3]> {
    let cases = rows(name).unwrap()?;
    let mut example = Example::load("examples/kubernetes").unwrap();
    let mut wrong: BTreeMap<String, bool> = BTreeMap::new();
    let [mut answered, mut objected, mut others] = [0; 3];
    for case in &cases {
        let rules = rules(case);
        if rules.is_empty() {
            others += 1;
            continue;
        }
        let found = objects(&mut example, case, rules);
        if found != wanted(case) {
            wrong.insert(case["id"].to_string(), found);
        }
        answered += 1;
        objected += usize::from(found);
    }
    assert!(wrong.is_empty(), "{} of {answered}: {wrong:#?}", wrong.len());
    Some([answered, objected, others])
}

#[test]
fn objects_are_judged_as_by_kyverno() {
    if let Some(counts) = run("kyverno_cases.ndjson", of_kyverno, |case| case["expect"] == "fail") {
        assert_eq!(counts, [959, 498, 57]);
    }
}

#[test]
fn objects_are_judged_as_by_gatekeeper() {
    if let Some(counts) =
        run("gatekeeper_cases.ndjson", of_gatekeeper, |case| case["expect_violation"] == "yes")
    {
        assert_eq!(counts, [38, 20, 46]);
    }
}

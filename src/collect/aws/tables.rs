//! What must hold of the table of every service.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SERVICES, script};
use crate::collect::api::document::Document;
use crate::collect::api::model::{self, Kind, ServiceModel, Shape};
use crate::collect::api::tests::sample::{Extent, sample};
use crate::collect::api::tests::wire;
use crate::collect::exchange::operation::{NoValue, Operation};
use crate::collect::inventory::{Ask, Collected, Entry, Listed, Table};
use crate::model::gap::GapCode;
use crate::model::resource::TYPES;

/// Every operation that some table declares, once.
fn declared() -> Vec<&'static Operation> {
    let mut all: Vec<&Operation> = SERVICES
        .iter()
        .flat_map(|service| service.provides())
        .flat_map(|provided| provided.operations)
        .copied()
        .collect();
    all.sort_by_key(|operation| operation.label());
    all.dedup_by_key(|operation| operation.label());
    all
}

/// The listings of all tables.
fn listings() -> impl Iterator<Item = &'static Listed> {
    SERVICES.iter().flat_map(|service| service.tables).filter_map(|table| match table {
        Table::Listed(listed) => Some(listed),
        Table::Own(_) | Table::Account { .. } => None,
    })
}

#[test]
fn every_declared_operation_is_in_its_model_with_the_members_that_it_must_answer() {
    for operation in declared() {
        let label = operation.label();
        let service = model::service(operation.service).unwrap_or_else(|| panic!("no model of {}", operation.service));
        let modelled = service.operation(operation.name).unwrap_or_else(|| panic!("the model has no {label}"));
        let output = service.shape(modelled.output.as_deref().unwrap_or_else(|| panic!("{label} answers nothing")));
        assert!(operation.must.is_empty() == operation.may_be_empty, "{label} does not say what it always answers");
        for member in operation.must {
            assert!(output.members.contains_key(*member), "{label} has no member {member}");
        }
    }
}

#[test]
fn the_list_of_a_listing_must_be_in_every_page() {
    for listed in listings() {
        let list = listed.items.split('.').next().unwrap_or_default();
        assert!(listed.operation.must.contains(&list), "{} does not demand {list}", listed.operation.label());
    }
}

#[test]
fn every_attribute_that_a_table_tells_is_one_of_its_type() {
    for provided in SERVICES.iter().flat_map(|service| service.provides()) {
        let info = TYPES.iter().find(|info| info.name == provided.r#type);
        let info = info.unwrap_or_else(|| panic!("{} has no struct", provided.r#type));
        let Some(attribute) = provided.attribute else { continue };
        let schema = (info.schema)();
        let known = schema.get("properties").and_then(Value::as_object).is_some_and(|all| all.contains_key(attribute));
        assert!(known, "{} has no attribute {attribute}", provided.r#type);
    }
}

#[test]
fn what_a_table_reads_of_an_answer_is_in_the_model() {
    // A member that is not in the model panics where it is read.
    for listed in listings() {
        let operation = listed.operation;
        let service = model::service(operation.service).expect("a model");
        let made = sample(service, operation.name, Extent::WHOLE, service.metadata.protocol);
        let document = Document::of(operation.service, operation.name, made.document);
        script::with_site(|site| {
            let items = crate::collect::exchange::answer::Listing {
                operation,
                pages: vec![document.clone()],
                broken: None,
                captures: Vec::new(),
            };
            let entries = items.items(listed.items);
            assert!(!entries.is_empty(), "{} lists nothing at {}", operation.label(), listed.items);
            for node in entries {
                let item = (listed.read)(&Entry { site: &site, node });
                assert!(item.id.is_some_and(|id| !id.is_empty()), "{} reads no id", operation.label());
            }
        });
        for ask in listed.asks {
            if let Ask::Call { operation, read, .. } = ask {
                let service = model::service(operation.service).expect("a model");
                let made = sample(service, operation.name, Extent::WHOLE, service.metadata.protocol);
                let answer = Document::of(operation.service, operation.name, made.document);
                drop(read(operation, answer.root()));
            }
        }
    }
}

#[test]
fn a_code_that_no_table_names_is_a_gap_of_every_operation() {
    for operation in declared() {
        let named: BTreeSet<&str> =
            [operation.absent, operation.gone, operation.unsupported].into_iter().flatten().copied().collect();
        for (code, status, expected) in [
            ("AccessDenied", 403, GapCode::AccessDenied),
            ("AccessDeniedException", 400, GapCode::AccessDenied),
            ("Throttling", 400, GapCode::Throttled),
            ("InternalFailure", 500, GapCode::ServerError),
            ("ValidationException", 400, GapCode::ServiceError),
            ("NobodyKnows", 404, GapCode::ServiceError),
        ] {
            assert!(!named.contains(code), "{} takes {code} for an answer", operation.label());
            let NoValue::Gap(gap) = operation.classify_error(Some(code), Some(status), "") else {
                panic!("{} {code} is a gap", operation.label())
            };
            assert_eq!((gap.code, gap.operation), (expected, Some(operation.label())), "{code}");
        }
        for code in operation.absent {
            assert_eq!(operation.classify_error(Some(code), Some(404), ""), NoValue::Absent, "{}", operation.label());
        }
        for code in operation.gone {
            assert_eq!(operation.classify_error(Some(code), Some(404), ""), NoValue::Gone, "{}", operation.label());
        }
    }
}

#[test]
fn codes_that_mean_none_or_gone_are_documented_errors() {
    // Of the query protocols botocore lists no errors for EC2, and codes of the API's own page apply.
    for operation in declared() {
        let modelled = model::service(operation.service).and_then(|service| service.operation(operation.name));
        let errors: BTreeSet<&str> =
            modelled.iter().flat_map(|operation| &operation.errors).map(|error| error.code.as_str()).collect();
        if errors.is_empty() {
            continue;
        }
        for code in operation.absent.iter().chain(operation.gone) {
            assert!(errors.contains(code), "{} does not document {code}: {errors:?}", operation.label());
        }
    }
}

/// A page of a listing with these items in place of its own, and no page after it; as it is sent.
fn page(listed: &Listed, change: impl Fn(&mut Vec<Value>)) -> (u16, String) {
    let operation = listed.operation;
    let service = model::service(operation.service).expect("a model");
    let modelled = service.operation(operation.name).expect("in the model");
    let protocol = service.metadata.protocol;
    let one = Extent { elements: 1, ..Extent::WHOLE };
    let mut document = sample(service, operation.name, one, protocol).document;
    for token in modelled.paging.iter().flat_map(|paging| paging.output.iter().chain(&paging.more)) {
        document.as_object_mut().expect("an object").remove(token);
    }
    let pointer = format!("/{}", listed.items.replace('.', "/0/"));
    change(document.pointer_mut(&pointer).and_then(Value::as_array_mut).expect("a list"));
    let (_, body) = wire::answer(service, operation.name, modelled, protocol, &document);
    (200, String::from_utf8(body).expect("text"))
}

async fn counted(listed: &'static Listed, reply: (u16, String)) -> Collected {
    let service = SERVICES.iter().find(|service| {
        service.tables.iter().any(|table| matches!(table, Table::Listed(other) if std::ptr::eq(other, listed)))
    });
    let needs = [(listed.r#type, None)];
    let denied = (403, String::new());
    let replies = [(listed.operation.name, vec![reply])];
    script::collect(service.expect("its service"), "us-east-1", &needs, replies, denied).await.0
}

#[tokio::test]
async fn an_item_that_is_listed_twice_counts_once_in_every_listing() {
    for listed in listings() {
        let collected = counted(listed, page(listed, |items| items.push(items[0].clone()))).await;
        let population = &collected.populations[0];
        assert_eq!((population.count, population.complete, &population.gap), (1, true, &None), "{}", listed.r#type);
        assert_eq!(collected.resources.len(), 1, "{}", listed.r#type);
    }
}

#[tokio::test]
async fn an_item_without_an_id_makes_every_population_incomplete() {
    for listed in listings() {
        let nameless = page(listed, |items| items.push(if items[0].is_object() { json!({}) } else { json!("") }));
        let collected = counted(listed, nameless).await;
        let population = &collected.populations[0];
        assert_eq!((population.count, population.complete), (1, false), "{}", listed.r#type);
        let gap = population.gap.as_ref().expect("a gap");
        assert_eq!(gap.code, GapCode::MalformedResponse, "{}", listed.r#type);
        assert!(collected.resources.iter().all(|resource| !resource.identity.id.is_empty()), "{}", listed.r#type);
    }
}

#[tokio::test]
async fn a_well_formed_answer_without_its_list_is_no_empty_list_in_any_protocol() {
    for listed in listings() {
        let operation = listed.operation;
        let service = model::service(operation.service).expect("a model");
        let modelled = service.operation(operation.name).expect("in the model");
        let (_, body) = wire::answer(service, operation.name, modelled, service.metadata.protocol, &json!({}));
        let collected = counted(listed, (200, String::from_utf8(body).expect("text"))).await;
        let population = &collected.populations[0];
        assert!(!population.complete && collected.resources.is_empty(), "{}", listed.r#type);
        assert_eq!(population.gap.as_ref().map(|gap| gap.code), Some(GapCode::MalformedResponse), "{}", listed.r#type);
    }
}

/// Members that the models mark as sensitive and that are kept: they tell who and where, and open
/// nothing.
const IDENTIFYING: &[&str] = &[
    "account:GetAlternateContact AlternateContact.EmailAddress",
    "account:GetAlternateContact AlternateContact.Name",
    "account:GetAlternateContact AlternateContact.PhoneNumber",
    "account:GetAlternateContact AlternateContact.Title",
    "guardduty:GetFindings Findings.Resource.InstanceDetails.NetworkInterfaces.PrivateIpAddress",
    "organizations:DescribeOrganization Organization.MasterAccountEmail",
    "organizations:ListAccounts Accounts.Email",
    "organizations:ListAccounts Accounts.Name",
    "s3:GetBucketEncryption ServerSideEncryptionConfiguration.Rules.ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
];

/// Every place within a shape, with the path that leads there; a shape within itself ends there.
fn places<'m>(
    service: &'m ServiceModel,
    name: &'m str,
    path: &str,
    within: &[&'m str],
    see: &mut dyn FnMut(&str, &'m Shape),
) {
    let shape = service.shape(name);
    if within.contains(&name) {
        return;
    }
    see(path, shape);
    let within = [within, &[name]].concat();
    for (name, member) in &shape.members {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        places(service, &member.shape, &path, &within, see);
    }
    for inside in [&shape.member, &shape.value].into_iter().flatten() {
        places(service, &inside.shape, path, &within, see);
    }
}

#[test]
fn a_secret_is_a_member_of_the_body_with_nothing_but_texts_in_it() {
    for operation in declared().into_iter().filter(|operation| !operation.secrets.is_empty()) {
        let service = model::service(operation.service).expect("a model");
        let output = service.operation(operation.name).and_then(|of| of.output.as_deref()).expect("an output");
        for secret in operation.secrets {
            let first = secret.split('.').next().expect("one at least");
            assert!(service.shape(output).members[first].location.is_none(), "{secret} is in a header");
            let mut found = 0;
            places(service, output, "", &[], &mut |path, shape| {
                if path == *secret || path.strip_prefix(secret).is_some_and(|rest| rest.starts_with('.')) {
                    found += 1;
                    let text =
                        matches!(shape.kind, Kind::Structure | Kind::List | Kind::Map | Kind::String | Kind::Blob);
                    assert!(text, "{} {path} cannot hold a commitment", operation.label());
                }
            });
            assert!(found > 0, "{} has no member {secret}", operation.label());
        }
    }
}

/// Whether a member of this name and kind is likely to hold a secret.
fn sounds_secret(name: &str, kind: Kind) -> bool {
    const PARTS: &[&str] = &[
        "UserData",
        "Password",
        "PreSharedKey",
        "PrivateKey",
        "CommandLine",
        "Preload",
        "OutputValue",
        "ConnectionAttributes",
        "GatewayConfiguration",
        "Seed",
    ];
    let free = matches!(kind, Kind::Map) && (name.ends_with("Variables") || name == "Other");
    let listed = matches!(kind, Kind::List) && name.ends_with("EnvironmentVariables");
    free || listed || (matches!(kind, Kind::String | Kind::Blob) && PARTS.iter().any(|part| name.contains(part)))
}

#[test]
fn what_is_called_like_a_secret_is_withheld() {
    let mut seen = 0;
    for operation in declared() {
        let service = model::service(operation.service).expect("a model");
        let output = service.operation(operation.name).and_then(|of| of.output.as_deref()).expect("an output");
        places(service, output, "", &[], &mut |path, shape| {
            let name = path.rsplit('.').next().unwrap_or(path);
            if !sounds_secret(name, shape.kind) {
                return;
            }
            seen += 1;
            let starts = |long: &str, short: &str| long == short || long.starts_with(&format!("{short}."));
            let withheld = operation.secrets.iter().any(|secret| starts(path, secret) || starts(secret, path));
            assert!(withheld, "{} {path} is not withheld", operation.label());
        });
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn what_the_models_call_sensitive_is_withheld_or_known_to_open_nothing() {
    let mut kept = BTreeSet::new();
    for operation in declared() {
        let service = model::service(operation.service).expect("a model");
        let output = service.operation(operation.name).and_then(|of| of.output.as_deref()).expect("an output");
        places(service, output, "", &[], &mut |path, shape| {
            let withheld = operation
                .secrets
                .iter()
                .any(|secret| path == *secret || path.strip_prefix(secret).is_some_and(|rest| rest.starts_with('.')));
            if shape.sensitive && !withheld {
                kept.insert(format!("{} {path}", operation.label()));
            }
        });
    }
    let unknown: Vec<&String> = kept
        .iter()
        .filter(|member| {
            // The addresses of a finding, which it is about.
            let address = member.starts_with("guardduty:GetFindings ") && member.contains("Ip");
            !address && !IDENTIFYING.contains(&member.as_str())
        })
        .collect();
    assert!(unknown.is_empty(), "neither withheld nor known: {unknown:?}");
    for member in IDENTIFYING {
        assert!(kept.contains(*member), "{member} is no longer kept, or no longer sensitive");
    }
}

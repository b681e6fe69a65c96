//! The mapping files in the binary.

use super::*;

#[test]
fn every_mapping_file_is_read_and_makes_attributes_that_its_type_has() {
    let mappings = Mappings::load().unwrap_or_else(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"))
    });
    assert!(mappings.types().count() >= 1);
}

#[test]
fn every_entry_names_the_documentation_that_its_defaults_come_from() {
    let mappings = Mappings::load().expect("the mappings");
    for (name, mapping) in &mappings.by_type {
        for entry in mapping.terraform.iter().chain(&mapping.cloudformation) {
            let hosts = ["https://registry.terraform.io/providers/hashicorp/aws/", "https://docs.aws.amazon.com/"];
            assert!(hosts.iter().any(|host| entry.source.starts_with(host)), "{name}: {}", entry.source);
        }
    }
}

#[test]
fn every_type_is_counted_and_complete_where_nothing_is_missing() {
    let mappings = Mappings::load().expect("the mappings");
    let mut unit = unit(Language::Terraform);
    let world = World { assumptions: Vec::new(), blocks: vec![block("aws_s3_bucket.a", &serde_json::json!({}))] };
    let mapped = map(&unit, &world, mappings);
    assert_eq!(mapped.populations.len(), TYPES.len());
    assert!(mapped.populations.iter().all(|population| population.complete && population.region == "global"));
    let count = |name: &str| mapped.populations.iter().find(|one| one.r#type == name).map(|one| one.count);
    assert_eq!((count("AWS::S3::Bucket"), count("AWS::::Account")), (Some(1), Some(0)));
    unit.missing.push(Unknown::new(GapCode::Unresolved, "module \"a\" is not on this machine"));
    let mapped = map(&unit, &world, mappings);
    assert!(mapped.populations.iter().all(|one| !one.complete && one.gap.is_some()));
}

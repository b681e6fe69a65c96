//! The mapping files in the binary.

use super::*;

#[test]
fn every_mapping_file_is_read_and_makes_attributes_that_its_type_has() {
    let mappings = Mappings::built_in();
    let files = files();
    assert_eq!(mappings.types().count(), files.len());
    for name in mappings.types() {
        assert!(!mappings.mapped_attributes(name, Language::Terraform).is_empty(), "{name}");
    }
}

#[test]
fn every_entry_names_the_documentation_that_its_defaults_come_from() {
    let hosts = [
        "https://registry.terraform.io/providers/hashicorp/aws/",
        "https://registry.terraform.io/modules/",
        "https://docs.aws.amazon.com/",
    ];
    for (name, text) in files() {
        for source in text.lines().filter_map(|line| line.trim_start().strip_prefix("source: ")) {
            assert!(hosts.iter().any(|host| source.starts_with(host)), "{name}: {source}");
        }
    }
}

#[test]
fn every_type_is_counted_and_complete_where_nothing_is_missing() {
    let mappings = Mappings::built_in();
    let mut deployment = deployment(Language::Terraform);
    let scenario =
        Scenario { part: 0, assumptions: Vec::new(), blocks: vec![block("aws_s3_bucket.a", &serde_json::json!({}))] };
    let mapped = map(&deployment, &scenario, mappings);
    assert_eq!(mapped.populations.len(), TYPES.len());
    assert!(mapped.populations.iter().all(|population| population.complete && population.region == "global"));
    let count = |name: &str| mapped.populations.iter().find(|one| one.r#type == name).map(|one| one.count);
    assert_eq!((count("AWS::S3::Bucket"), count("AWS::::Account")), (Some(1), Some(0)));
    deployment.missing.push(Unknown::new(GapCode::Unresolved, "module \"a\" is not on this machine"));
    let mapped = map(&deployment, &scenario, mappings);
    assert!(mapped.populations.iter().all(|one| !one.complete && one.gap.is_some()));
}

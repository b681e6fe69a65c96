//! What is there is registered, and what is registered is there.

use std::collections::BTreeSet;
use std::path::Path;

use tickmark::control::load::Library;
use tickmark::export::EXPORTERS;
use tickmark::model::resource::TYPES;

use crate::counts::report;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the Rust files of a directory, without their ending.
fn modules(dir: &str) -> BTreeSet<String> {
    std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(dir))
        .expect("lists")
        .map(|entry| entry.expect("lists").path())
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| path.file_stem().expect("has a name").to_string_lossy().into_owned())
        .collect()
}

#[cfg(feature = "aws")]
#[test]
fn every_collector_is_registered() {
    let registered = tickmark::collect::aws::COLLECTORS;
    let text = read("src/collect/aws/mod.rs");
    let mut found = 0;
    for module in modules("src/collect/aws") {
        let code = read(&format!("src/collect/aws/{module}.rs"));
        for line in code.lines().filter(|line| line.contains("impl Collector for ")) {
            let name =
                line.split("impl Collector for ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a name");
            assert!(text.contains(&format!("&{module}::{name},")), "{module}::{name} is not in COLLECTORS");
            found += 1;
        }
    }
    assert_eq!(registered.len(), found);
    for collector in registered {
        assert!(!collector.provides().is_empty(), "{} provides nothing", collector.service());
        for provided in collector.provides() {
            assert!(TYPES.iter().any(|info| info.name == provided.r#type), "{} has no struct", provided.r#type);
            // The account is there without being listed.
            let there = provided.r#type == "AWS::::Account" && provided.attribute.is_none();
            assert!(
                there || !provided.operations.is_empty(),
                "{} {:?} is told by nothing",
                provided.r#type,
                provided.attribute
            );
        }
    }
}

#[cfg(feature = "aws")]
#[test]
fn every_type_is_told_by_a_collector_or_a_join() {
    let told: BTreeSet<&str> = tickmark::collect::aws::COLLECTORS
        .iter()
        .flat_map(|collector| collector.provides())
        .map(|provided| provided.r#type)
        .collect();
    let untold: Vec<&str> = TYPES.iter().map(|info| info.name).filter(|name| !told.contains(name)).collect();
    assert_eq!(untold, Vec::<&str>::new());
}

#[test]
fn every_typed_resource_is_registered() {
    let mut structs = 0;
    for module in modules("src/model/resource") {
        if module != "mod" {
            structs += read(&format!("src/model/resource/{module}.rs")).matches("impl TypedResource for ").count();
        }
    }
    assert_eq!(TYPES.len(), structs);
    let names: BTreeSet<&str> = TYPES.iter().map(|info| info.name).collect();
    assert_eq!(names.len(), TYPES.len(), "a type is registered twice");
}

#[test]
fn every_export_format_is_registered() {
    let mut files = modules("src/export");
    files.remove("mod");
    let names: BTreeSet<String> = EXPORTERS.iter().map(|exporter| exporter.name().to_owned()).collect();
    assert_eq!(names, files);
}

#[test]
fn every_control_is_without_fault_and_its_cases_come_out_as_they_say() {
    let library = Library::load(None).expect("the built-in controls load");
    let wrong: Vec<String> = library.lint().iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let outcomes: Vec<_> = library.controls.values().flat_map(|control| control.run_cases()).collect();
    let failed: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| Some(format!("{} / {}: {}", outcome.control, outcome.case, outcome.failure.as_ref()?)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    for (id, control) in &library.controls {
        assert_eq!(*id, control.control.id);
        assert!(control.control.cases.len() >= 3, "{id} has {} cases", control.control.cases.len());
    }
    report("controls", &format!("controls: {}, cases: {}", library.controls.len(), outcomes.len()), "");
}

#[test]
fn every_control_file_is_in_the_binary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("controls");
    let mut files = BTreeSet::new();
    for entry in std::fs::read_dir(root).expect("lists") {
        let path = entry.expect("lists").path();
        if path.is_dir() {
            for file in std::fs::read_dir(path).expect("lists") {
                files.insert(
                    file.expect("lists").path().file_stem().expect("has a name").to_string_lossy().into_owned(),
                );
            }
        }
    }
    let library = Library::load(None).expect("the built-in controls load");
    assert_eq!(library.controls.keys().cloned().collect::<BTreeSet<_>>(), files);
}

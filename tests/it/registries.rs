//! One thing, one file, one line of registration: these tests count them.

use std::collections::BTreeSet;
use std::path::Path;

use tickmark::control::load::{Library, policy};
use tickmark::evaluate::effective::mistakes;
use tickmark::export::EXPORTERS;
use tickmark::export::check::CHECK_FORMATS;
use tickmark::model::control::Source;
use tickmark::model::resource::TYPES;

use crate::counts::report;
#[cfg(feature = "aws")]
use crate::estates::file;
use crate::estates::{controls, services, written};

/// Types that code alone tells so far: their collectors are still to come, and a scan says of each of
/// their controls that the type was not listed. They are those of the services whose folder has no tape.
#[cfg(feature = "aws")]
fn not_yet_collected() -> BTreeSet<String> {
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let without = services().into_iter().filter(|service| file(service, "demo.tape").is_none());
    let ids: BTreeSet<String> = without.flat_map(|service| controls(&service)).collect();
    ids.iter().map(|id| library.controls[id].control.resource.clone()).collect()
}

/// Names of the files of a folder that hold a word, without their endings.
fn files_with(folder: &str, word: &str) -> BTreeSet<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    std::fs::read_dir(dir)
        .expect("reads a folder")
        .map(|entry| entry.expect("reads an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| std::fs::read_to_string(path).expect("reads a file").contains(word))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect()
}

#[test]
fn every_resource_type_is_registered_once() {
    let mut written = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/resource")).expect("reads") {
        let text = std::fs::read_to_string(entry.expect("reads").path()).expect("reads a file");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        written += code.matches("impl TypedResource for").count();
    }
    let names: BTreeSet<&str> = TYPES.iter().map(|info| info.name).collect();
    assert_eq!(names.len(), TYPES.len(), "no name twice");
    assert_eq!(TYPES.len(), written, "one line a type in TYPES");
    for info in TYPES {
        assert!((info.schema)().to_value().get("properties").is_some(), "{} has attributes", info.name);
    }
}

#[test]
fn every_export_format_is_registered() {
    assert_eq!(EXPORTERS.len(), files_with("src/export", "impl Exporter for").len());
}

#[test]
fn every_format_of_a_check_is_registered() {
    assert_eq!(CHECK_FORMATS.len(), files_with("src/export/check", "impl CheckFormat for").len());
}

#[test]
fn the_criteria_and_the_built_in_policy_hold() {
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let nightly = policy("nightly").expect("the built-in policy");
    assert_eq!(mistakes(&library.controls, &nightly), Vec::<String>::new());
    assert_eq!(library.criteria.len(), 61);
    let code_alone = library.controls.values().filter(|loaded| !loaded.control.sources.contains(&Source::Live));
    let code_alone: Vec<&str> = code_alone.map(|loaded| loaded.control.id.as_str()).collect();
    let expected = ["code-no-secrets", "iam-group-not-admin", "iam-role-not-admin", "iam-user-not-admin"];
    assert_eq!(code_alone, expected, "what an account does not tell, or another control tells of it");
}

#[cfg(feature = "aws")]
#[test]
fn what_live_controls_read_some_service_or_join_tells() {
    use tickmark::collect::aws::SERVICES;
    let provided: BTreeSet<&str> = SERVICES.iter().flat_map(|c| c.provides()).map(|p| p.r#type).collect();
    let later = not_yet_collected();
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    for loaded in library.controls.values() {
        for (name, _) in &loaded.reads {
            let known = provided.contains(name.as_str()) || later.contains(name);
            assert!(known, "{}: nothing collects {name}", loaded.control.id);
        }
    }
}

#[cfg(feature = "aws")]
#[test]
fn every_service_file_is_registered_and_says_what_tells_what() {
    let services = tickmark::collect::aws::SERVICES;
    assert_eq!(services.len(), files_with("src/collect/aws", "pub static SERVICE: Service").len());
    for service in services {
        assert!(!service.provides().is_empty(), "{} tells nothing", service.name);
        for provided in service.provides() {
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
fn every_type_is_told_by_a_service_or_a_join() {
    let told: BTreeSet<&str> = tickmark::collect::aws::SERVICES
        .iter()
        .flat_map(|collector| collector.provides())
        .map(|provided| provided.r#type)
        .collect();
    let untold = TYPES.iter().map(|info| info.name).filter(|name| !told.contains(name)).map(str::to_owned);
    assert_eq!(untold.collect::<BTreeSet<_>>(), not_yet_collected());
}

#[cfg(feature = "aws")]
#[test]
fn every_service_that_is_collected_has_an_estate_with_its_tapes() {
    let collected: BTreeSet<String> =
        tickmark::collect::aws::SERVICES.iter().map(|service| service.name.to_owned()).collect();
    for (name, of) in
        [("seed.py", "is seeded"), ("demo.tape", "is in the demo"), ("ministack.tape", "is recorded twice")]
    {
        let mut with: BTreeSet<String> = services().into_iter().filter(|it| file(it, name).is_some()).collect();
        // Who looks is asked before anything is collected.
        with.remove("sts");
        assert_eq!(with, collected, "what {of}");
    }
}

#[test]
fn every_folder_of_controls_has_an_estate_that_is_written_as_code() {
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let all: BTreeSet<String> = services().iter().flat_map(|service| controls(service)).collect();
    assert_eq!(all, library.controls.keys().cloned().collect(), "a folder of tests/estates for each of controls");
    for service in services() {
        let in_code = |id: &String| library.controls[id].control.sources.iter().any(|source| *source != Source::Live);
        let written = written().iter().any(|estate| estate.service == service);
        assert_eq!(written, controls(&service).iter().any(in_code), "{service}: main.tf for controls that judge code");
    }
}

#[test]
fn every_control_is_without_fault_and_its_cases_come_out_as_they_say() {
    let library = Library::load(None).expect("the built-in controls load");
    let wrong: Vec<String> = library.lint().iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let outcomes: Vec<_> =
        library.controls.values().flat_map(tickmark::control::load::LoadedControl::run_cases).collect();
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

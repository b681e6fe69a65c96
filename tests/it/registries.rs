//! One thing, one file, one line of registration: these tests count them.

use std::collections::BTreeSet;
use std::path::Path;

use tickmark::control::load::{Library, policy};
use tickmark::evaluate::effective::mistakes;
use tickmark::export::EXPORTERS;
use tickmark::model::control::Source;
use tickmark::model::resource::TYPES;

fn source(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("reads a source file")
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
fn every_collector_is_registered() {
    let registry = source("src/collect/aws/mod.rs");
    let written = files_with("src/collect/aws", "impl Collector for");
    assert!(written.len() >= 16, "{written:?}");
    for file in &written {
        assert!(registry.contains(&format!("&{file}::")), "{file} has no line in COLLECTORS");
    }
    assert_eq!(registry.matches("    &").count(), written.len(), "one line a collector");
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
fn the_built_in_controls_and_policies_hold() {
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let wrong = library.lint();
    assert!(wrong.is_empty(), "{wrong:?}");
    let failed: Vec<_> = library
        .controls
        .values()
        .flat_map(tickmark::control::load::LoadedControl::run_cases)
        .filter(|outcome| outcome.failure.is_some())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    let nightly = policy("nightly").expect("the built-in policy");
    assert_eq!(mistakes(&library.controls, &nightly), Vec::<String>::new());
    assert_eq!(library.criteria.len(), 61);
    let live = library.controls.values().filter(|loaded| loaded.control.sources.contains(&Source::Live)).count();
    assert_eq!(live, library.controls.len(), "every control so far is judged live");
}

#[cfg(feature = "aws")]
#[test]
fn what_live_controls_read_some_collector_or_join_provides() {
    use tickmark::collect::aws::COLLECTORS;
    let provided: BTreeSet<&str> = COLLECTORS.iter().flat_map(|c| c.provides()).map(|p| p.r#type).collect();
    let library = Library::load(None).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    for loaded in library.controls.values() {
        for (name, _) in &loaded.reads {
            assert!(provided.contains(name.as_str()), "{}: nothing collects {name}", loaded.control.id);
        }
    }
}

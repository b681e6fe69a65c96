//! The live form of an estate: its `live.tape`, scanned for the controls of the service.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use tickmark::collect::exchange::session::Session;
use tickmark::evidence::rules::Rules;
use tickmark::model::control::Source;
use tickmark::model::scan::ScanSelection;
use tickmark::model::verdict::ItemKind;
use tickmark::scan::Scanner;
use tickmark::store::Store;

use crate::estates::read;
use crate::parity::{Expected, Said};

/// What the scan of an estate says of its items; of what the emulator brings by itself, nothing. `None`
/// where nothing is collected of the service, or its once-only parts are the other estate's.
pub(crate) fn scanned(rules: &Rules, expected: &Expected) -> Option<Said> {
    static SCANNER: OnceLock<Scanner> = OnceLock::new();
    let scanner = SCANNER.get_or_init(|| Scanner::new("nightly").expect("the built-in rules"));
    let path = expected.estate.file("live.tape");
    if !path.exists() {
        return None;
    }
    let tape = Arc::new(read(&path));
    let now: DateTime<Utc> = tape.header.started.parse().expect("the clock of the tape");
    let regions = tape.header.asked.regions.clone();
    let first = regions.first().cloned();
    let in_code = |id: &&String| {
        expected.is_own(id) && rules.controls[*id].control.sources.iter().any(|source| *source != Source::Live)
    };
    let controls: Vec<String> = rules.controls.keys().filter(in_code).cloned().collect();
    let asked = ScanSelection { regions, controls, ..ScanSelection::default() };
    let dir = tempfile::tempdir().expect("makes a directory");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let scan = scanner.scan(dir.path(), asked, now, |sink| Session::play(tape, first.as_deref(), sink).recording());
    let number = runtime.block_on(scan).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let store = Store::open_read_only(dir.path()).expect("opens");
    let mut said = Said::new();
    for verdict in store.verdicts(number) {
        let verdict = verdict.expect("reads");
        if verdict.kind == ItemKind::Population {
            continue;
        }
        // An inline policy is called after whose it is, too.
        let name = verdict.name.rsplit('/').next().unwrap_or(&verdict.name);
        let control = &rules.controls[&verdict.control].control;
        let Some(item) = expected.item(control, name) else { continue };
        let twice = said.insert((verdict.control.clone(), item.to_owned()), verdict.verdict.as_str().to_owned());
        assert_eq!(twice, None, "{}: two items are {item} to {}: {name}", path.display(), verdict.control);
    }
    Some(said)
}

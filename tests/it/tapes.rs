//! The recorded tapes: what they hold is what the emulators tell today, and what they are played to
//! does not change with the day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tickmark::collect::exchange::tape::Tape;
use tickmark::store::Store;

use crate::emulator::Server;
use crate::machine::{Machine, Ran};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

const DEMO: &str = "src/cli/demo.tape";
const MINISTACK: &str = "tests/fixtures/ministack.tape";

/// Scans the demo's estate, in an emulator of its own, into the store `s`.
fn scan_estate(machine: &Machine) -> Ran {
    let moto = Server::moto();
    assert_eq!(moto.seed(false), Vec::<String>::new());
    let front = Server::front(&moto);
    let ran = machine.run(["scan", "--endpoint-url", &front.url, "--store", "s", "--max-rps", "1000"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran
}

fn scan_ministack(machine: &Machine) -> Ran {
    let server = Server::ministack();
    server.seed(true);
    let regions = ["--region", "us-east-1", "--region", "eu-west-1"];
    let mut arguments = vec!["scan", "--endpoint-url", &server.url, "--store", "s", "--max-rps", "1000"];
    arguments.extend(regions);
    let ran = machine.run(arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran
}

/// How many items of which control came to what, and which operations were called. Identifiers
/// are drawn by the emulator; these are not.
type Shape = (BTreeMap<(String, String, String), usize>, BTreeSet<String>);

fn shape(machine: &Machine, store: &str) -> Shape {
    let mut counts: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let kept = Store::open_read_only(&machine.path(store)).expect("opens");
    let last = kept.last_sealed().expect("reads").expect("a scan");
    for verdict in kept.verdicts(last) {
        let verdict = verdict.expect("reads");
        let key = (verdict.control, verdict.region, verdict.verdict.as_str().to_owned());
        *counts.entry(key).or_default() += 1;
    }
    let operations = kept.captures(last).map(|capture| {
        let capture = capture.expect("reads");
        format!("{}:{}", capture.service, capture.operation)
    });
    (counts, operations.collect())
}

fn plays_as(machine: &Machine, tape: &str) -> Shape {
    let tape = repository(tape);
    let ran =
        machine.run(["demo".as_ref(), "--tape".as_ref(), tape.as_os_str(), "--store".as_ref(), "played".as_ref()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    shape(machine, "played")
}

#[test]
fn the_demo_tape_is_what_a_scan_of_moto_tells_today() {
    let machine = Machine::new();
    scan_estate(&machine);
    let (today, recorded) = (shape(&machine, "s"), plays_as(&machine, DEMO));
    let help = "record it anew: cargo test --test it record_tapes -- --ignored";
    assert_eq!(recorded.1, today.1, "{help}");
    assert_eq!(recorded.0, today.0, "{help}");
    let size = std::fs::metadata(repository(DEMO)).expect("is there").len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn the_ministack_tape_is_played_without_a_question_it_cannot_answer() {
    let machine = Machine::new();
    let (counts, operations) = plays_as(&machine, MINISTACK);
    assert!(counts.len() > 80 && operations.len() > 40, "{} {}", counts.len(), operations.len());
    let unanswered: Vec<_> =
        machine.verdicts("played").into_iter().filter(|verdict| verdict["reason"]["code"] == "not_recorded").collect();
    assert!(unanswered.is_empty(), "record it anew: {unanswered:?}");
}

#[test]
fn a_tape_that_is_none_is_refused() {
    let machine = Machine::new();
    for (name, bytes) in [("empty", Vec::new()), ("text", b"not a tape".to_vec()), ("half", half(DEMO))] {
        std::fs::write(machine.path(name), bytes).expect("writes");
        let ran = machine.say(&format!("demo --tape {name}"));
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        assert!(ran.err.contains("tape"), "{name}: {}", ran.err);
    }
}

fn half(tape: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(repository(tape)).expect("reads");
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// Records the tapes that are kept in the repository. Run by hand, when collectors ask other
/// questions than the tapes have answers for.
#[test]
#[ignore = "writes the tapes in the repository"]
fn record_tapes() {
    for (scan, tape) in [(scan_estate as fn(&Machine) -> Ran, DEMO), (scan_ministack, MINISTACK)] {
        let machine = Machine::new();
        scan(&machine);
        let out = repository(tape);
        let ran = machine.run([
            "export".as_ref(),
            "--format".as_ref(),
            "tape".as_ref(),
            "--store".as_ref(),
            "s".as_ref(),
            "--out".as_ref(),
            out.as_os_str(),
        ]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let tape = Tape::read(std::fs::File::open(&out).expect("opens")).expect("reads");
        eprintln!("{}: {} exchanges", out.display(), tape.exchanges().len());
    }
}

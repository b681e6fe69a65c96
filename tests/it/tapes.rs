//! The recorded tapes: what they hold is what the emulators tell today, and what they are played to
//! does not change with the day.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use tickmark::collect::exchange::tape::{Exchange, Tape};
use tickmark::model::capture::Outcome;
use tickmark::model::scan::ScanHeader;
use tickmark::store::Store;

use crate::emulator::Server;
use crate::estates::{controls, file, read, services, tapes};
use crate::machine::{Machine, Ran};

const DEMO: &str = "demo.tape";
const MINISTACK: &str = "ministack.tape";

/// Where the tapes say that AWS was. A question is known by the endpoint too, and the emulator has another
/// port each time: so tapes that were recorded apart can be joined.
const ENDPOINT: &str = "http://127.0.0.1:5000";

/// Services of which another folder keeps the captures: what the account says of all buckets is asked of a
/// service of its own.
const KEPT_ELSEWHERE: [(&str, &str); 1] = [("s3control", "s3")];

/// Scans the demo's estate, in an emulator of its own, into the store `s`. With a time the emulator's
/// clock starts there.
fn scan_estate(machine: &Machine, now: Option<&str>) -> Ran {
    let (moto, front);
    if let Some(now) = now {
        moto = Server::moto_at(now);
        moto.seed_with(&["--now", now]);
        front = Server::front_at(&moto, now);
    } else {
        moto = Server::moto();
        moto.seed();
        front = Server::front(&moto);
    }
    let ran = machine.run(["scan", "--endpoint-url", &front.url, "--store", "s", "--max-rps", "1000"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran
}

fn scan_ministack(machine: &Machine) -> Ran {
    let server = Server::ministack();
    server.seed_with(&["--lenient"]);
    let regions = ["--region", "us-east-1", "--region", "eu-west-1"];
    let mut arguments = vec!["scan", "--endpoint-url", &server.url, "--store", "s", "--max-rps", "1000"];
    arguments.extend(regions);
    let ran = machine.run(arguments);
    assert_eq!(ran.code, 1, "{ran:?}");
    ran
}

/// Scans what the `main.tf` of a service writes, for the controls of the service, into the store `s`.
fn scan_applied(machine: &Machine, service: &str, now: &str) {
    let moto = Server::moto_at(now);
    moto.seed_with(&["--apply", service, "--now", now]);
    let front = Server::front_at(&moto, now);
    let mut arguments =
        ["scan", "--endpoint-url", &front.url, "--store", "s", "--max-rps", "1000"].map(str::to_owned).to_vec();
    arguments.extend(["--region", "us-east-1"].map(str::to_owned));
    for control in controls(service) {
        arguments.extend(["--control".to_owned(), control]);
    }
    let ran = machine.run(arguments);
    assert!([0, 1, 3].contains(&ran.code), "{service}: {ran:?}");
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

/// What the tapes of this name come to, played as one into the store `played`.
fn plays_as(machine: &Machine, tape: &str) -> Shape {
    let mut arguments = vec!["demo".into(), "--store".into(), "played".into()];
    for tape in tapes(tape) {
        arguments.extend(["--tape".into(), tape.into_os_string()]);
    }
    let ran = machine.run(arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    shape(machine, "played")
}

#[test]
fn the_demo_is_what_a_scan_of_moto_tells_today() {
    let machine = Machine::new();
    scan_estate(&machine, None);
    let (today, recorded) = (shape(&machine, "s"), plays_as(&machine, DEMO));
    let help = "record it anew: cargo test --test it record_tapes -- --ignored";
    assert_eq!(recorded.1, today.1, "{help}");
    assert_eq!(recorded.0, today.0, "{help}");
}

#[test]
fn the_demo_without_a_file_is_the_tapes_of_the_services() {
    let machine = Machine::new();
    let ran = machine.say("demo --store built-in");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(shape(&machine, "built-in"), plays_as(&machine, DEMO));
}

#[test]
fn a_tape_of_a_service_is_small_and_holds_what_was_asked_of_it_alone() {
    let mut count = 0;
    for service in services() {
        for name in [DEMO, MINISTACK] {
            let Some(path) = file(&service, name) else { continue };
            let size = std::fs::metadata(&path).expect("is there").len();
            assert!(size < 100_000, "{}: {size} bytes", path.display());
            let tape = read(&path);
            assert_eq!(tape.header.endpoint.as_deref(), Some(ENDPOINT), "{}", path.display());
            for exchange in tape.exchanges() {
                assert_eq!(folder(&exchange.capture.service), service, "{}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count} exchanges");
}

#[test]
fn the_tapes_of_ministack_are_played_without_a_question_they_cannot_answer() {
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
    let mut half = std::fs::read(file("iam", DEMO).expect("is there")).expect("reads");
    half.truncate(half.len() / 2);
    for (name, bytes) in [("empty", Vec::new()), ("text", b"not a tape".to_vec()), ("half", half)] {
        std::fs::write(machine.path(name), bytes).expect("writes");
        let ran = machine.say(&format!("demo --tape {name}"));
        assert_eq!(ran.code, 2, "{name}: {ran:?}");
        assert!(ran.err.contains("tape"), "{name}: {}", ran.err);
    }
}

/// The folder that keeps the captures of a service.
fn folder(service: &str) -> &str {
    KEPT_ELSEWHERE.iter().find(|(of, _)| *of == service).map_or(service, |(_, folder)| folder)
}

/// Records the tapes that are kept in the repository. Run by hand, when collectors ask other
/// questions than the tapes have answers for. With names in `TICKMARK_SERVICES`, only theirs are written:
/// the emulator's clock and the identifiers that it draws are those of the other tapes.
#[test]
#[ignore = "writes the tapes in the repository"]
#[expect(clippy::disallowed_methods, reason = "the time of a file is the machine's")]
fn record_tapes() {
    let named = std::env::var("TICKMARK_SERVICES").unwrap_or_default();
    let named: Vec<&str> = named.split([' ', ',']).filter(|name| !name.is_empty()).collect();
    assert!(named.iter().all(|name| services().iter().any(|service| service == name)), "no such folder: {named:?}");
    let wanted = |service: &str| named.is_empty() || named.contains(&service);
    let clock = read(&file("sts", DEMO).expect("is there")).header.started;
    // So that the next build puts a tape that is new into the binary.
    let built = std::fs::File::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("build/main.rs")).expect("opens");

    let machine = Machine::new();
    scan_estate(&machine, Some(&clock));
    keep_by_service(&again(&machine, Some(&clock)), DEMO, wanted);
    let machine = Machine::new();
    scan_ministack(&machine);
    keep_by_service(&again(&machine, None), MINISTACK, wanted);
    for service in services() {
        let seed = file(&service, "seed.py").map(|path| std::fs::read_to_string(path).expect("reads"));
        if !wanted(&service) || !seed.is_some_and(|seed| seed.contains("\ndef apply(")) {
            continue;
        }
        let machine = Machine::new();
        scan_applied(&machine, &service, &clock);
        let tape = again(&machine, Some(&clock));
        let exchanges = tape.exchanges().into_iter().filter(|it| it.capture.outcome != Outcome::NotRecorded);
        write(&tape.header, &service, "live.tape", exchanges.collect());
    }
    built.set_modified(std::time::SystemTime::now()).expect("sets the time of build/main.rs");
}

/// The last scan of the store `s` as a tape that is like others: of the fixed endpoint, with the clock that
/// the emulator had, and with no time but that.
fn again(machine: &Machine, clock: Option<&str>) -> Tape {
    let ran = machine.say("export --format tape --store s --out scanned.tape");
    assert_eq!(ran.code, 0, "{ran:?}");
    let scanned = read(&machine.path("scanned.tape"));
    let mut header = scanned.header.clone();
    header.endpoint = Some(ENDPOINT.to_owned());
    header.started = clock.unwrap_or(&header.started).to_owned();
    let moved = scanned.exchanges().into_iter().map(|exchange| {
        let mut exchange = Exchange::clone(&exchange);
        ENDPOINT.clone_into(&mut exchange.capture.endpoint);
        exchange
    });
    let file = std::fs::File::create(machine.path("moved.tape")).expect("creates");
    Tape::write(file, &header, moved).expect("writes");
    // Played once, each question is known by the endpoint that it now has.
    for command in ["demo --tape moved.tape --store again", "export --format tape --store again --out again.tape"] {
        let ran = machine.say(command);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
    }
    let played = read(&machine.path("again.tape"));
    let still = played.exchanges().into_iter().map(|exchange| {
        let mut exchange = Exchange::clone(&exchange);
        header.started.clone_into(&mut exchange.capture.started);
        header.started.clone_into(&mut exchange.capture.ended);
        exchange
    });
    Tape::new(played.header.clone(), still.collect::<Vec<_>>())
}

/// Writes what was asked of each service into its folder.
fn keep_by_service(tape: &Tape, name: &str, wanted: impl Fn(&str) -> bool) {
    let mut by_folder: BTreeMap<String, Vec<Arc<Exchange>>> = BTreeMap::new();
    for exchange in tape.exchanges() {
        assert_ne!(exchange.capture.outcome, Outcome::NotRecorded, "{:?}", exchange.capture);
        by_folder.entry(folder(&exchange.capture.service).to_owned()).or_default().push(exchange);
    }
    for (service, exchanges) in by_folder {
        if wanted(&service) {
            write(&tape.header, &service, name, exchanges);
        }
    }
}

/// Writes exchanges in an order that does not depend on which answer came first.
fn write(header: &ScanHeader, service: &str, name: &str, mut exchanges: Vec<Arc<Exchange>>) {
    exchanges.sort_by_key(|exchange| {
        let capture = &exchange.capture;
        let first = capture.operation != "GetCallerIdentity";
        let asked = (capture.service.clone(), capture.operation.clone(), capture.region.clone());
        (first, asked, capture.input.to_string(), capture.n)
    });
    let numbered = exchanges.iter().zip(1..).map(|(exchange, n)| {
        let mut exchange = Exchange::clone(exchange);
        exchange.capture.n = n;
        exchange
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/estates").join(service);
    assert!(folder.is_dir(), "{service} has no folder under tests/estates");
    let path = folder.join(name);
    let file = std::fs::File::create(&path).expect("creates");
    Tape::write(file, header, numbered).expect("writes");
}

//! A scan of services that answer with secrets, through everything that writes: no byte of what is
//! written has one.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::pipeline::{Request, Silent, run_scan};
use super::sink::StoreSink;
use super::{exchanges, reperform, select};
use crate::collect::api::document::Document;
use crate::collect::api::model;
use crate::collect::exchange::operation::{Api, NoValue, Operation, Rate};
use crate::collect::exchange::recorder::{CALL, CaptureSink};
use crate::collect::exchange::session::Session;
use crate::collect::exchange::tape::{Tape, TapeClient};
use crate::evidence::package::write_package;
use crate::evidence::report::write_report;
use crate::evidence::rules::Rules;
use crate::evidence::summary::Summary;
use crate::export::{EXPORTERS, ExportError};
use crate::model::attr::CaptureId;
use crate::model::canonical::sha256_hex;
use crate::model::capture::Capture;
use crate::model::gap::GapCode;
use crate::model::scan::ScanSelection;
use crate::seal::key;
use crate::store::Store;

/// What the services answer and nothing may keep.
const SECRET: &str = "correct-horse-hunter2";
const ACCOUNT: &str = "123456789012";
/// A region in which answers break off.
const BROKEN: &str = "eu-north-1";

const fn api(service: &'static str) -> Api {
    Api::new(service, Rate::per_second(service, 100.0))
}

static LIST_FUNCTIONS: Operation = api("made-up-functions")
    .operation("ListFunctions")
    .secrets(&["Functions.Environment.Variables"])
    .must(&["Functions"]);
static DESCRIBE_TEMPLATES: Operation = api("made-up-templates")
    .operation("DescribeLaunchTemplateVersions")
    .secrets(&["LaunchTemplateVersions.LaunchTemplateData.UserData"])
    .must(&["LaunchTemplateVersions"]);
static DESCRIBE_STACKS: Operation =
    api("made-up-stacks").operation("DescribeStacks").secrets(&["Stacks.Parameters.ParameterValue"]).must(&["Stacks"]);

/// Makes the three services known.
fn make_up() {
    let metadata = |name: &str, protocol: &str| {
        json!({
            "apiVersion": "2020-01-01", "endpointPrefix": name, "protocol": protocol,
            "serviceId": name, "signingName": name
        })
    };
    let text = json!({"shape": "String"});
    model::made_up(
        "made-up-functions",
        json!({
            "metadata": metadata("functions", "rest-json"),
            "operations": {"ListFunctions": {"method": "GET", "uri": "/functions", "output": "Answer"}},
            "shapes": {
                "Answer": {"type": "structure", "members": {"Functions": {"shape": "Functions"}}},
                "Functions": {"type": "list", "member": {"shape": "Function"}},
                "Function": {"type": "structure", "members": {"FunctionName": text, "Environment": {"shape": "Environment"}}},
                "Environment": {"type": "structure", "members": {"Variables": {"shape": "Variables"}}},
                "Variables": {"type": "map", "key": text, "value": text},
                "String": {"type": "string"}
            }
        }),
    );
    model::made_up(
        "made-up-templates",
        json!({
            "metadata": metadata("templates", "ec2"),
            "operations": {"DescribeLaunchTemplateVersions": {"method": "POST", "uri": "/", "output": "Answer"}},
            "shapes": {
                "Answer": {"type": "structure", "members": {
                    "LaunchTemplateVersions": {"shape": "Versions", "locationName": "launchTemplateVersionSet"}
                }},
                "Versions": {"type": "list", "member": {"shape": "Version", "locationName": "item"}},
                "Version": {"type": "structure", "members": {
                    "LaunchTemplateData": {"shape": "Data", "locationName": "launchTemplateData"}
                }},
                "Data": {"type": "structure", "members": {"UserData": {"shape": "String", "locationName": "userData"}}},
                "String": {"type": "string"}
            }
        }),
    );
    model::made_up(
        "made-up-stacks",
        json!({
            "metadata": metadata("stacks", "query"),
            "operations": {"DescribeStacks": {
                "method": "POST", "uri": "/", "output": "Answer", "resultWrapper": "DescribeStacksResult"
            }},
            "shapes": {
                "Answer": {"type": "structure", "members": {"Stacks": {"shape": "Stacks"}}},
                "Stacks": {"type": "list", "member": {"shape": "Stack"}},
                "Stack": {"type": "structure", "members": {"StackName": text, "Parameters": {"shape": "Parameters"}}},
                "Parameters": {"type": "list", "member": {"shape": "Parameter"}},
                "Parameter": {"type": "structure", "members": {"ParameterKey": text, "ParameterValue": text}},
                "String": {"type": "string"}
            }
        }),
    );
}

/// The demo's estate, and the three services beside it.
#[derive(Debug, Clone)]
struct Estate(TapeClient);

impl HttpConnector for Estate {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (operation, region) = CALL.with(|call| (call.operation, call.region.clone()));
        let user_data = BASE64.encode(format!("#!/bin/sh\nexport PASSWORD={SECRET}\n"));
        let body = match operation.name {
            "ListFunctions" => format!(
                r#"{{"Functions":[{{"FunctionName":"billing","Environment":{{"Variables":{{"DB_PASSWORD":"{SECRET}","STAGE":"{SECRET}!"}}}}}}]}}"#
            ),
            "DescribeLaunchTemplateVersions" => format!(
                "<DescribeLaunchTemplateVersionsResponse><requestId>1</requestId><launchTemplateVersionSet><item><launchTemplateData><userData>{user_data}</userData></launchTemplateData></item></launchTemplateVersionSet></DescribeLaunchTemplateVersionsResponse>"
            ),
            "DescribeStacks" => format!(
                "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>db</StackName><Parameters><member><ParameterKey>Password</ParameterKey><ParameterValue>{SECRET}</ParameterValue></member></Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
            ),
            _ => return self.0.call(request),
        };
        let end = if region == BROKEN { body.len() - 5 } else { body.len() };
        let mut response = HttpResponse::new(200.try_into().expect("a status"), SdkBody::from(&body[..end]));
        let content_type = if body.starts_with('<') { "text/xml" } else { "application/json" };
        response.headers_mut().insert("content-type", content_type);
        response.headers_mut().insert("content-length", end.to_string());
        response.headers_mut().insert("x-amz-crc32", "4157704578");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Estate {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Keeps nothing: what is played back was kept before.
struct Nowhere;

impl CaptureSink for Nowhere {
    fn put(&self, capture: Capture, _: Option<&[u8]>) -> Result<CaptureId, String> {
        Ok(capture.n)
    }
}

/// What the three services answer, and one of them where answers break off.
async fn ask(session: &Session) -> (Vec<Value>, String) {
    let region = session.first_region().to_owned();
    let mut answers = Vec::new();
    for operation in [&LIST_FUNCTIONS, &DESCRIBE_TEMPLATES, &DESCRIBE_STACKS] {
        let answer = session.ask(operation, ACCOUNT, &region, Map::new()).await;
        answers.push(answer.result.as_ref().map(Document::value).expect("an answer").clone());
    }
    let answer = session.ask(&LIST_FUNCTIONS, ACCOUNT, BROKEN, Map::new()).await;
    let Err(NoValue::Gap(gap)) = answer.result else { panic!("an answer that breaks off is a gap") };
    assert_eq!(gap.code, GapCode::MalformedResponse);
    (answers, gap.to_string())
}

/// Fails where bytes have the secret, or what it is easily found from.
fn assert_clean(what: &str, bytes: &[u8]) {
    let encoded = BASE64.encode(SECRET);
    let user_data = BASE64.encode(format!("#!/bin/sh\nexport PASSWORD={SECRET}\n"));
    for told in [SECRET, &encoded, &user_data, &sha256_hex(SECRET.as_bytes()), "4157704578"] {
        assert!(!bytes.windows(told.len()).any(|window| window == told.as_bytes()), "{what} has {told}");
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn no_byte_that_is_written_has_a_secret_and_a_replay_says_the_same() {
    make_up();
    let runtime = super::runtime().expect("starts");
    let place = tempfile::tempdir().expect("a folder");
    let at = |name: &str| place.path().join(name);
    let store_dir = at("store");
    let tape = Arc::new(super::tapes::demo().expect("reads"));
    let rules = Rules::load(None, "nightly").expect("loads");
    let first_region = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let (store, scan, live) = scanned(&store_dir, &tape, &rules, &runtime);

    // What was withheld is counted with the captures.
    let recorded = exchanges(&store, scan).expect("reads");
    let withheld = recorded.iter().map(|exchange| &exchange.capture).filter(|capture| !capture.withheld.is_empty());
    let withheld: Vec<(&str, Vec<(&str, u64)>)> = withheld
        .map(|capture| (capture.operation.as_str(), capture.withheld.iter().map(|(of, n)| (of.as_str(), *n)).collect()))
        .collect();
    assert_eq!(
        withheld[..4],
        [
            ("ListFunctions", vec![("Functions.Environment.Variables", 2)]),
            ("DescribeLaunchTemplateVersions", vec![("LaunchTemplateVersions.LaunchTemplateData.UserData", 1)]),
            ("DescribeStacks", vec![("Stacks.Parameters.ParameterValue", 1)]),
            ("ListFunctions", vec![("*", 1)]),
        ]
    );
    assert!(live.0.iter().all(|answer| answer.to_string().contains("withheld:hmac-sha256:")));

    // A replay reaches the same, of the three services and of the estate.
    let player = Arc::new(Tape::new(store.header(scan).expect("reads"), exchanges(&store, scan).expect("reads")));
    let session = Session::play(player, first_region.as_deref(), Arc::new(Nowhere));
    assert_eq!(runtime.block_on(ask(&session)), live);
    let again = reperform(&store, scan).expect("plays back");
    assert_eq!(again.reached, again.sealed);

    // Everything that is written, as it lies on the disk and unpacked.
    let summary = Summary::read(&store, scan, &rules.policy).expect("reads").output();
    assert_clean("the summary", serde_json::to_string(&summary).expect("serialises").as_bytes());
    let (report, package, tape_file) = (at("report"), at("package.zip"), at("scan.tape"));
    write_report(&store, &store_dir, scan, &report).expect("writes");
    write_package(&store, &store_dir, scan, &package).expect("writes");
    let file = std::fs::File::create(&tape_file).expect("makes");
    Tape::write(file, &store.header(scan).expect("reads"), recorded).expect("writes");
    for exporter in EXPORTERS {
        let mut out = Vec::new();
        let mut verdicts =
            store.verdicts(scan).map(|verdict| verdict.map_err(|error| ExportError::Source(Box::new(error))));
        exporter.write(scan, &mut verdicts, &mut out).expect("writes");
        assert_clean(exporter.name(), &out);
    }
    drop(store);
    let all = files(place.path());
    assert!(all.len() > 100, "{} files", all.len());
    for file in all {
        assert_clean(&file.display().to_string(), &std::fs::read(&file).expect("reads"));
    }
    let from_tape = Tape::read(std::fs::File::open(&tape_file).expect("opens")).expect("reads");
    for exchange in from_tape.exchanges() {
        assert_clean("a capture", serde_json::to_string(&exchange.capture).expect("serialises").as_bytes());
        assert_clean("a body", exchange.body.as_deref().unwrap_or_default());
    }
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&package).expect("opens")).expect("a zip");
    for index in 0..zip.len() {
        let mut bytes = Vec::new();
        zip.by_index(index).expect("is there").read_to_end(&mut bytes).expect("unpacks");
        assert_clean(&format!("file {index} of the package"), &bytes);
    }

    // The report says what is not there.
    let page = |name: &str| std::fs::read_to_string(report.join(name)).expect("a page");
    let index = page("raw.html");
    assert!(index.contains("What was withheld"));
    for told in [
        "made-up-functions:ListFunctions",
        "Functions.Environment.Variables",
        "made-up-templates:DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions.LaunchTemplateData.UserData",
        "made-up-stacks:DescribeStacks",
        "Stacks.Parameters.ParameterValue",
    ] {
        assert!(index.contains(told), "{told}");
    }
    assert!(page("index.html").contains("Withheld"));
    assert!(page("raw/000001.html").contains("Functions.Environment.Variables"));
}

/// A scan of the estate into a new store, with what the three services answered before it.
fn scanned(
    dir: &Path,
    tape: &Arc<Tape>,
    rules: &Rules,
    runtime: &tokio::runtime::Runtime,
) -> (Store, u64, (Vec<Value>, String)) {
    let asked = ScanSelection { regions: tape.header.asked.regions.clone(), ..ScanSelection::default() };
    let first_region = tape.exchanges().first().map(|exchange| exchange.capture.region.clone());
    let now = DateTime::parse_from_rfc3339(&tape.header.started).expect("a time").with_timezone(&Utc);
    let selection = select(rules, &asked).expect("selects");
    let store = Store::create(dir, "withheld").expect("makes");
    let signing = key::generate(dir).expect("makes");
    let sink = Arc::new(StoreSink::new(store));
    let estate = SharedHttpClient::new(Estate(TapeClient::new(Arc::clone(tape))));
    let keep = Arc::clone(&sink) as Arc<dyn CaptureSink>;
    let session = Session::play_through(Arc::clone(tape), estate, first_region.as_deref(), keep).recording();
    let request = Request { rules, asked, synthetic: true, now, ended: Some(now) };
    let (live, scan) = runtime.block_on(async {
        let live = ask(&session).await;
        (live, run_scan(&session, &sink, &signing, &request, &selection, &Silent).await.expect("scans"))
    });
    drop(session);
    (Arc::into_inner(sink).expect("no capture is under way").into_store(), scan, live)
}

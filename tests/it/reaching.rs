//! How AWS is reached: whose credentials, at which address, and what is left where nobody answers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

/// Accounts by access key.
const ACCOUNTS: [(&str, &str); 2] = [("AKIAENVIRONMENT", "111111111111"), ("AKIAPROFILE", "222222222222")];

/// A server that knows who asks, which regions there are, and refuses all else. Gives its address.
fn front() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(&stream));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = String::from_utf8_lossy(&body);
        let account =
            ACCOUNTS.iter().find(|(key, _)| head.contains(key)).map_or("333333333333", |(_, account)| account);
        let (status, said) = if body.contains("Action=GetCallerIdentity") {
            let inner =
                format!("<Account>{account}</Account><Arn>arn:aws:iam::{account}:user/u</Arn><UserId>U</UserId>");
            (
                200,
                format!(
                    "<GetCallerIdentityResponse><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></GetCallerIdentityResponse>"
                ),
            )
        } else if body.contains("Action=DescribeRegions") {
            let item = |name: &str| {
                format!("<item><regionName>{name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>")
            };
            let items = item("us-east-1") + &item("eu-west-1");
            (200, format!("<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"))
        } else {
            (
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
                    .to_owned(),
            )
        };
        write!(
            stream,
            "HTTP/1.1 {status} Said\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{said}",
            said.len()
        )
        .ok()?;
    }
}

/// A scan of one control with a configuration file and variables of its own.
fn scan(home: &Path, config: &str, environment: &[(&str, &str)], arguments: &[&str]) -> (Output, serde_json::Value) {
    std::fs::write(home.join("config"), config).expect("writes");
    let store = home.join("store");
    let output = Command::new(env!("CARGO_BIN_EXE_tickmark"))
        .env_clear()
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("xdg"))
        .env("AWS_CONFIG_FILE", home.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", home.join("none"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ACCESS_KEY_ID", ACCOUNTS[0].0)
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .envs(environment.iter().copied())
        .args(["scan", "--control", "root-no-access-keys", "--format", "json", "--store"])
        .arg(&store)
        .args(arguments)
        .output()
        .expect("runs");
    let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, told)
}

#[test]
fn the_profile_that_is_named_goes_before_the_keys_of_the_environment() {
    let url = front();
    let keys = "aws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\n";
    let config = format!("[profile prod]\n{keys}[profile plain]\nregion = us-east-1\n");
    for (arguments, environment, account) in [
        (vec!["--profile", "prod"], vec![], "222222222222"),
        (vec![], vec![], "111111111111"),
        // A variable is no flag: the keys beside it hold, as in the AWS CLI.
        (vec![], vec![("AWS_PROFILE", "prod")], "111111111111"),
        // It names nobody.
        (vec!["--profile", "plain"], vec![], "111111111111"),
    ] {
        let home = tempfile::tempdir().expect("a directory");
        let arguments = [vec!["--endpoint-url", url.as_str(), "--region", "us-east-1"], arguments].concat();
        let (_, told) = scan(home.path(), &config, &environment, &arguments);
        assert_eq!(told["accounts"], serde_json::json!([account]), "{arguments:?} {environment:?}");
    }
}

#[test]
fn an_endpoint_of_a_profile_makes_a_scan_synthetic() {
    let url = front();
    let each = ["sts", "ec2", "iam"].map(|service| format!("{service} =\n  endpoint_url = {url}\n")).concat();
    let by_service = format!("[profile emu]\nregion = us-east-1\nservices = local\n[services local]\n{each}");
    let by_profile = format!("[profile emu]\nregion = us-east-1\nendpoint_url = {url}\n");
    for config in [by_service, by_profile] {
        let home = tempfile::tempdir().expect("a directory");
        let (_, told) = scan(home.path(), &config, &[], &["--profile", "emu", "--region", "us-east-1"]);
        assert_eq!(told["synthetic"], true, "{config}");
    }
}

#[test]
fn a_region_that_does_not_exist_is_named_beside_one_that_does() {
    let url = front();
    let home = tempfile::tempdir().expect("a directory");
    let regions = ["--region", "eu-west-11", "--region", "us-gov-west-1", "--region", "us-east-1"];
    let (output, told) = scan(home.path(), "", &[], &[&["--endpoint-url", url.as_str()][..], &regions].concat());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let why = |name: &str| {
        let regions = told["regions"].as_array().expect("a list");
        regions.iter().find(|region| region["name"] == name).expect("is there")["why_not"].to_string()
    };
    assert!(why("eu-west-11").contains("did you mean eu-west-1?"), "{}", why("eu-west-11"));
    assert!(why("us-gov-west-1").contains("aws-us-gov"), "{}", why("us-gov-west-1"));
}

#[test]
fn a_first_scan_that_gets_no_answer_leaves_nothing_and_says_so_as_json() {
    let home = tempfile::tempdir().expect("a directory");
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("an address");
    let url = format!("http://{closed}");
    let (output, told) = scan(home.path(), "", &[], &["--endpoint-url", &url, "--region", "us-east-1"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(told["exit"], 2);
    assert!(told["error"].as_str().expect("text").contains("the connection was refused"), "{told}");
    assert!(!home.path().join("store").exists());
    let pinned = home.path().join("xdg/tickmark/trusted-keys");
    assert!(!pinned.exists() || std::fs::read_dir(pinned).expect("reads").next().is_none());
}

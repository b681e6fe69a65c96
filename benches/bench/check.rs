//! `tickmark check` from a cold process, beside Checkov on the same input in the same run.
//!
//! Checkov is looked for as `CHECKOV`, else as `checkov` on the path; without it the ratio is left out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::figures::{Figures, count, limit};

/// Lines of the generated configuration.
const LINES: usize = 50_000;
/// Resources of the generated plan.
const RESOURCES: usize = 15_000;
/// Bytes of the generated plan, at least.
const PLAN: usize = 60_000_000;
/// How often the small input is judged; the median counts.
const RUNS: usize = 21;
/// How long Checkov may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// Exit codes of a check that ran to its end.
const ENDED: [i32; 3] = [0, 1, 3];

pub(crate) fn measure(figures: &mut Figures) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("make a folder: {error}"))?;
    let checkov = checkov();
    match &checkov {
        Some(found) => figures.note("checkov", &version(found)),
        None => figures.note("checkov", "not found: no ratios (set CHECKOV)"),
    }
    let small = folder.path().join("small");
    module(&small, 1)?;
    let large = folder.path().join("large");
    let lines = configuration(&large)?;
    let plan = folder.path().join("plan.json");
    let size = write(&plan, &plan_json())?;

    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(ours(&small)?);
    }
    times.sort();
    let ours_small = times[RUNS / 2];
    let held = |took: Duration, most: u64| took <= Duration::from_millis(most);
    let row = |figures: &mut Figures, what: &str, ran: Ran, most: u64| {
        let figure = format!("{:.3} s, peak memory {} MB", ran.wall.as_secs_f64(), ran.peak / 1_000_000);
        figures.row(
            what,
            &figure,
            limit(&format!("{:.1} s", f64::from(u32::try_from(most).unwrap_or(0)) / 1000.0), held(ran.wall, most)),
        );
    };
    row(figures, "check: a directory of one module", ours_small, 100);
    beside(
        figures,
        checkov.as_deref(),
        &["-d", &small.display().to_string(), "--framework", "terraform"],
        ours_small.wall,
    );

    let ran = ours(&large)?;
    row(figures, &format!("check: {} lines of HCL", count(lines as u64)), ran, 3000);
    beside(figures, checkov.as_deref(), &["-d", &large.display().to_string(), "--framework", "terraform"], ran.wall);

    let ran = ours(&plan)?;
    row(
        figures,
        &format!("check: a plan of {} resources, {} MB", count(RESOURCES as u64), size / 1_000_000),
        ran,
        3000,
    );
    figures.row(
        "check: its peak memory",
        &format!("{} MB", ran.peak / 1_000_000),
        limit("500 MB", ran.peak <= 500_000_000),
    );
    beside(
        figures,
        checkov.as_deref(),
        &["-f", &plan.display().to_string(), "--framework", "terraform_plan"],
        ran.wall,
    );
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ran {
    wall: Duration,
    peak: u64,
}

/// One check by a process of its own.
fn ours(input: &Path) -> Result<Ran, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickmark"));
    command.arg("check").arg(input).arg("--allow-not-evaluated");
    let (ran, code) = run(&mut command, PATIENCE)?.ok_or("end a check in time")?;
    if code.is_some_and(|code| ENDED.contains(&code)) {
        Ok(ran)
    } else {
        Err(format!("check {}: {code:?}", input.display()))
    }
}

fn beside(figures: &mut Figures, checkov: Option<&Path>, arguments: &[&str], ours: Duration) {
    let Some(program) = checkov else { return };
    let mut command = Command::new(program);
    command.args(arguments).args(["--quiet", "--compact", "-o", "json"]);
    let figure = match run(&mut command, PATIENCE) {
        Ok(Some((ran, _))) => format!(
            "{:.1} s, peak memory {} MB: {:.0} times as long",
            ran.wall.as_secs_f64(),
            ran.peak / 1_000_000,
            ran.wall.as_secs_f64() / ours.as_secs_f64()
        ),
        Ok(None) => format!(
            "stopped after {} s: more than {:.0} times as long",
            PATIENCE.as_secs(),
            PATIENCE.as_secs_f64() / ours.as_secs_f64()
        ),
        Err(why) => format!("could not {why}"),
    };
    figures.note("  Checkov on the same", &figure);
}

/// Runs a process to its end, or stops it; its highest resident memory is read while it runs.
fn run(command: &mut Command, patience: Duration) -> Result<Option<(Ran, Option<i32>)>, String> {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("start {}: {error}", command.get_program().display()))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        peak = resident(&status).unwrap_or(peak).max(peak);
        match child.try_wait().map_err(|error| format!("wait: {error}"))? {
            Some(ended) => return Ok(Some((Ran { wall: start.elapsed(), peak }, ended.code()))),
            None if start.elapsed() > patience => {
                child.kill().ok();
                child.wait().ok();
                return Ok(None);
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn resident(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
}

fn checkov() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHECKOV") {
        return Some(PathBuf::from(named));
    }
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("checkov")).find(|file| file.is_file())
}

fn version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output();
    output.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn write(file: &Path, text: &str) -> Result<usize, String> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("make {}: {error}", folder.display()))?;
    }
    std::fs::write(file, text).map_err(|error| format!("write {}: {error}", file.display()))?;
    Ok(text.len())
}

/// A module as people write it, with references between its resources; its lines.
fn module(folder: &Path, number: usize) -> Result<usize, String> {
    let text = format!(
        r#"variable "environment" {{
  type    = string
  default = "prod"
}}

locals {{
  name = "service-{number}-${{var.environment}}"
  tags = merge({{ service = "{number}" }}, {{ environment = upper(var.environment) }})
}}

resource "aws_s3_bucket" "data" {{
  bucket = "${{local.name}}-data"
  tags   = local.tags
}}

resource "aws_s3_bucket_public_access_block" "data" {{
  bucket                  = aws_s3_bucket.data.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = {flag}
}}

data "aws_iam_policy_document" "data" {{
  statement {{
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.data.arn, "${{aws_s3_bucket.data.arn}}/*"]

    principals {{
      type        = "*"
      identifiers = ["*"]
    }}

    condition {{
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }}
  }}
}}

resource "aws_s3_bucket_policy" "data" {{
  bucket = aws_s3_bucket.data.id
  policy = data.aws_iam_policy_document.data.json
}}

resource "aws_security_group" "service" {{
  name = local.name

  dynamic "ingress" {{
    for_each = [443, 8443, {port}]
    content {{
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = ["10.0.0.0/8"]
    }}
  }}
}}

resource "aws_iam_role" "service" {{
  name = local.name
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ Service = "ecs-tasks.amazonaws.com" }}
    }}]
  }})
}}

resource "aws_db_instance" "service" {{
  identifier              = local.name
  engine                  = "postgres"
  instance_class          = "db.t4g.micro"
  storage_encrypted       = true
  backup_retention_period = {days}
}}
"#,
        flag = !number.is_multiple_of(3),
        port = 9000 + number % 100,
        days = number % 14,
    );
    write(&folder.join("main.tf"), &text)?;
    Ok(text.lines().count())
}

/// A root module that calls as many modules as it takes to make the lines.
fn configuration(folder: &Path) -> Result<usize, String> {
    let mut root = String::new();
    let (mut lines, mut number) = (0, 0);
    while lines < LINES {
        number += 1;
        lines += module(&folder.join(format!("modules/service{number}")), number)? + 4;
        write!(root, "module \"service{number}\" {{\n  source      = \"./modules/service{number}\"\n  environment = \"prod\"\n}}\n")
            .map_err(|error| error.to_string())?;
    }
    write(&folder.join("main.tf"), &root)?;
    Ok(lines)
}

/// A plan in which buckets, groups, roles and databases are made, as `terraform show -json` writes it.
fn plan_json() -> String {
    let policy = r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::example\",\"arn:aws:s3:::example/*\"],\"Condition\":{\"StringEquals\":{\"aws:PrincipalOrgID\":\"o-example\"}},\"Principal\":\"*\"}]}"#;
    // Descriptions make up the size that a plan has by its many arguments that nobody wrote.
    let padding = "x".repeat(PLAN / RESOURCES / 2 - 480);
    let mut changes = String::from(
        "{\"format_version\":\"1.2\",\"terraform_version\":\"1.11.4\",\"planned_values\":{\"root_module\":{\"resources\":[",
    );
    let mut planned = String::new();
    let mut real = String::new();
    let mut configuration = String::new();
    for number in 0..RESOURCES {
        let (kind, after) = match number % 5 {
            0 => ("aws_s3_bucket", format!("\"bucket\":\"bucket-{number}\",\"force_destroy\":false")),
            1 => ("aws_s3_bucket_policy", format!("\"bucket\":\"bucket-{}\",\"policy\":\"{policy}\"", number - 1)),
            2 => (
                "aws_security_group",
                format!(
                    "\"name\":\"group-{number}\",\"ingress\":[{{\"protocol\":\"tcp\",\"from_port\":{0},\"to_port\":{0},\"cidr_blocks\":[\"0.0.0.0/0\"],\"ipv6_cidr_blocks\":[],\"prefix_list_ids\":[],\"security_groups\":[],\"self\":false,\"description\":\"\"}}]",
                    20 + number % 50
                ),
            ),
            3 => (
                "aws_ebs_volume",
                format!("\"availability_zone\":\"eu-central-1a\",\"size\":8,\"encrypted\":{}", number % 2 == 0),
            ),
            _ => (
                "aws_db_instance",
                format!(
                    "\"identifier\":\"db-{number}\",\"engine\":\"postgres\",\"storage_encrypted\":true,\"backup_retention_period\":{},\"publicly_accessible\":false",
                    number % 10
                ),
            ),
        };
        let comma = if number == 0 { "" } else { "," };
        let after = format!("{{{after},\"tags\":{{\"note\":\"{padding}\"}}}}");
        let head = format!(
            "\"address\":\"{kind}.r{number}\",\"mode\":\"managed\",\"type\":\"{kind}\",\"name\":\"r{number}\",\"provider_name\":\"registry.terraform.io/hashicorp/aws\""
        );
        write!(planned, "{comma}{{{head},\"schema_version\":0,\"values\":{after}}}").ok();
        write!(real, "{comma}{{{head},\"change\":{{\"actions\":[\"create\"],\"before\":null,\"after\":{after},\"after_unknown\":{{\"id\":true,\"arn\":true,\"tags\":{{}}}},\"before_sensitive\":false,\"after_sensitive\":{{\"tags\":{{}}}}}}}}").ok();
        write!(configuration, "{comma}{{\"address\":\"{kind}.r{number}\",\"mode\":\"managed\",\"type\":\"{kind}\",\"name\":\"r{number}\",\"provider_config_key\":\"aws\",\"expressions\":{{\"tags\":{{\"constant_value\":{{}}}}}},\"schema_version\":0}}").ok();
    }
    changes.push_str(&planned);
    changes.push_str("]}},\"resource_changes\":[");
    changes.push_str(&real);
    changes.push_str(
        "],\"configuration\":{\"provider_config\":{\"aws\":{\"name\":\"aws\"}},\"root_module\":{\"resources\":[",
    );
    changes.push_str(&configuration);
    changes.push_str("]}}}");
    changes
}

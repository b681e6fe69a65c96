use super::*;

#[test]
fn modules_are_evaluated_for_each_call_with_its_own_arguments() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"module "a" {
  source = "./m"
  name   = "x"
}
module "b" {
  source   = "./m"
  for_each = toset(["p", "q"])
  name     = each.key
}
module "c" {
  source = "./m"
  count  = 1
}
module "off" {
  source = "./m"
  count  = 0
}
resource "t" "x" {
  a = module.a.name
  b = module.b["p"].name
  c = module.c[0].deep
  d = module.c[*].name
  e = { for k, m in module.b : k => m.name }
  f = length(module.off)
  g = module.b["p"].arn
  h = try(module.a.nope, "none")
}
"#,
        ),
        (
            "m/main.tf",
            r#"variable "name" { default = "default" }
resource "t" "r" {
  name = var.name
}
module "inner" {
  source = "../n"
  v      = t.r.name
}
output "name" { value = "<${var.name}>" }
output "arn" { value = t.r.arn }
output "deep" { value = module.inner.v }
"#,
        ),
        ("n/main.tf", "variable \"v\" {}\noutput \"v\" { value = var.v }\nresource \"t\" \"i\" { v = var.v }\n"),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(
        addresses(&code),
        [
            "t.x",
            "module.a.t.r",
            "module.a.module.inner.t.i",
            "module.b[\"p\"].t.r",
            "module.b[\"p\"].module.inner.t.i",
            "module.b[\"q\"].t.r",
            "module.b[\"q\"].module.inner.t.i",
            "module.c[0].t.r",
            "module.c[0].module.inner.t.i",
        ]
    );
    for (name, value) in [
        ("a", "\"<x>\""),
        ("b", "\"<p>\""),
        ("c", "\"default\""),
        ("d", "[\"<default>\"]"),
        ("e", "{p: \"<p>\", q: \"<q>\"}"),
        ("f", "0"),
        ("g", "?(apply t.r.arn @module.b[\"p\"].t.r.arn)"),
        ("h", "\"none\""),
    ] {
        assert_eq!(shown(&code, "t.x", name), value, "{name}");
    }
    let inner = block(&code, "module.b[\"q\"].module.inner.t.i");
    assert_eq!(inner.body.get("v").map(show).as_deref(), Some("\"q\""));
    assert_eq!(&*inner.module, "module.b[\"q\"].module.inner");
    assert_eq!(&*inner.place.file, "infra/n/main.tf");
    let calls: Vec<_> =
        inner.calls.iter().map(|(address, place)| (address.as_str(), &*place.file, place.line)).collect();
    assert_eq!(
        calls,
        [("module.b[\"q\"]", "infra/main.tf", 5), ("module.b[\"q\"].module.inner", "infra/m/main.tf", 5)]
    );
}

#[test]
fn sibling_modules_get_each_others_outputs_and_not_their_defaults() {
    // As in the complaint that modules beside each other are judged by the defaults of their variables.
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            module "settings" {
              source = "./settings"
              strict = true
            }
            module "bucket" {
              source = "./bucket"
              block  = module.settings.block
              extra  = { unrelated = 1 }
            }
            "#,
        ),
        ("settings/main.tf", "variable \"strict\" { default = false }\noutput \"block\" { value = var.strict }"),
        (
            "bucket/main.tf",
            "variable \"block\" { default = false }\nvariable \"extra\" { default = {} }\nresource \"t\" \"x\" { block = var.block }",
        ),
    ]);
    assert_eq!(shown(&estate.read(), "module.bucket.t.x", "block"), "true");
}

#[test]
fn a_module_that_is_not_there_is_said_and_hides_nothing_else() {
    let estate = Estate::of(&[(
        "main.tf",
        r#"
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0"
}
module "local" {
  source = "./nowhere"
}
module "named" {
  source = var.source
}
resource "t" "x" {
  v = module.vpc.vpc_id
  w = module.local.x
}
"#,
    )]);
    let code = estate.read();
    assert_eq!(addresses(&code), ["t.x"]);
    assert_eq!(shown(&code, "t.x", "v"), "?(open module.vpc.vpc_id)");
    let problems: Vec<_> =
        code.problems.iter().map(|problem| (problem.file.as_str(), problem.line, problem.message.as_str())).collect();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert_eq!(
        problems[0],
        (
            "infra/main.tf",
            Some(3),
            "find module `vpc` (terraform-aws-modules/vpc/aws): it is not on this machine; run `terraform init` before, or check with --init"
        )
    );
    assert_eq!(problems[1].1, Some(7));
    assert_eq!(problems[2].1, Some(10));
    assert_eq!(code.deployments[0].missing.len(), 2, "a VPC of that module hides nothing");
}

#[test]
fn modules_that_init_has_put_here_are_read() {
    let estate = Estate::of(&[
        (
            "main.tf",
            "module \"vpc\" {\n  source = \"hashicorp/vpc/aws\"\n}\nresource \"t\" \"x\" { v = module.vpc.id }\n",
        ),
        (
            ".terraform/modules/modules.json",
            r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"vpc","Source":"registry.terraform.io/hashicorp/vpc/aws","Version":"1.0.0","Dir":".terraform/modules/vpc"},{"Key":"vpc.sub","Source":"git::x","Dir":".terraform/modules/vpc.sub/deep"}]}"#,
        ),
        (
            ".terraform/modules/vpc/main.tf",
            "module \"sub\" { source = \"git::x\" }\nmodule \"near\" { source = \"./near\" }\noutput \"id\" { value = \"${module.sub.n}${module.near.n}\" }",
        ),
        (".terraform/modules/vpc/near/main.tf", "output \"n\" { value = 2 }"),
        (".terraform/modules/vpc.sub/deep/main.tf", "resource \"t\" \"s\" {}\noutput \"n\" { value = 1 }"),
    ]);
    let code = estate.read();
    assert_eq!(code.problems, []);
    assert_eq!(shown(&code, "t.x", "v"), "\"12\"");
    assert_eq!(&*block(&code, "module.vpc.module.sub.t.s").place.file, "infra/.terraform/modules/vpc.sub/deep/main.tf");
}

#[test]
fn a_manifest_does_not_lead_out_of_the_modules() {
    let estate = Estate::of(&[
        ("root/main.tf", "module \"m\" { source = \"x/y/z\" }"),
        ("root/.terraform/modules/modules.json", r#"{"Modules":[{"Key":"m","Dir":".terraform/../../other"}]}"#),
        ("other/main.tf", "resource \"t\" \"x\" {}"),
    ]);
    let code = read(&estate.path().join("root"), "root", &Options::default());
    assert_eq!(addresses(&code), Vec::<&str>::new());
    assert_eq!(code.problems.len(), 1);
}

#[test]
fn modules_that_call_themselves_are_a_problem_and_end() {
    let estate = Estate::of(&[
        ("main.tf", "module \"a\" { source = \"./a\" }\nmodule \"me\" { source = \"./\" }\nresource \"t\" \"x\" {}"),
        ("a/main.tf", "module \"b\" { source = \"../b\" }\nresource \"t\" \"a\" {}"),
        ("b/main.tf", "module \"a\" { source = \"../a\" }\nresource \"t\" \"b\" {}"),
    ]);
    let code = estate.read();
    assert_eq!(addresses(&code), ["t.x", "module.a.t.a", "module.a.module.b.t.b"]);
    assert!(code.problems.iter().all(|problem| problem.message.ends_with("it calls itself")), "{:?}", code.problems);
    assert_eq!(code.problems.len(), 2);
}

#[test]
fn a_module_called_an_unknown_number_of_times_makes_its_blocks_uncertain() {
    let estate = Estate::of(&[
        (
            "main.tf",
            "variable \"n\" {}\nmodule \"m\" {\n source = \"./m\"\n count = var.n\n}\nresource \"t\" \"x\" { v = module.m[0].o }",
        ),
        ("m/main.tf", "resource \"t\" \"r\" { v = 1 }\noutput \"o\" { value = t.r.v }"),
    ]);
    let code = estate.read();
    let inner = block(&code, "module.m.t.r");
    assert_eq!(inner.uncertain.as_ref().map(|uncertain| uncertain.unknown().shown.as_str()), Some("count = var.n"));
    assert_eq!(shown(&code, "t.x", "v"), "1");
}

#[test]
fn provider_configurations_are_those_of_the_root_module() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"
            module "mapped" {
              source    = "./m"
              providers = { aws = aws.us, aws.other = aws.eu }
            }
            module "plain" { source = "./m" }
            resource "aws_x" "x" { provider = aws.us }
            resource "aws_x" "y" {}
            "#,
        ),
        (
            "m/main.tf",
            "resource \"aws_x\" \"a\" {}\nresource \"aws_x\" \"b\" { provider = aws.other }\nmodule \"n\" { source = \"../n\" }",
        ),
        ("n/main.tf", "resource \"aws_x\" \"c\" {}"),
    ]);
    let code = estate.read();
    for (address, provider) in [
        ("aws_x.x", Some("aws.us")),
        ("aws_x.y", None),
        ("module.mapped.aws_x.a", Some("aws.us")),
        ("module.mapped.aws_x.b", Some("aws.eu")),
        ("module.mapped.module.n.aws_x.c", Some("aws.us")),
        ("module.plain.aws_x.a", None),
    ] {
        assert_eq!(block(&code, address).elsewhere.as_deref(), provider, "{address}");
    }
}

#[test]
fn the_call_of_a_published_module_that_is_not_here_is_a_block_of_what_it_is_given() {
    let code = read_main(
        r#"
variable "acl" { default = "private" }
# tickmark:ignore s3-versioning reason="scratch" until=2030-01-31
module "bucket" {
  source   = "registry.terraform.io/terraform-aws-modules/s3-bucket/aws"
  version  = "~> 5.0"
  for_each = toset(["a"])
  bucket   = each.key
  acl      = var.acl
}
module "other" {
  source = "someone/s3-bucket/aws"
  acl    = "public-read"
}
module "local" {
  source = "./gone"
}
"#,
    );
    assert_eq!(addresses(&code), ["module.bucket[\"a\"]"]);
    let call = block(&code, "module.bucket[\"a\"]");
    assert_eq!((&*call.kind, call.place.line, call.ignores.len()), ("terraform-aws-modules/s3-bucket/aws", 4, 1));
    assert_eq!(show(&call.body), r#"{acl: "private", bucket: "a", version: "~> 5.0"}"#);
    assert_eq!(
        (code.problems.len(), code.deployments[0].missing.len()),
        (3, 2),
        "that it is not here is said all the same"
    );
}

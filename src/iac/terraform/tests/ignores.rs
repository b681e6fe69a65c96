use super::*;

#[test]
fn directives_stand_above_on_or_in_a_block_or_at_a_call() {
    let estate = Estate::of(&[
        (
            "main.tf",
            r#"# tickmark:ignore one reason="a" until=2027-01-31
// tickmark:ignore two reason="b" until=2027-01-31
resource "t" "x" { # tickmark:ignore three reason="c" until=2027-01-31
  a = 1 /* tickmark:ignore four reason="d" until=2027-01-31 */
  n {
    # tickmark:ignore five
  }
}

# tickmark:ignore six reason="f" until=2027-01-31

resource "t" "y" {
  for_each = toset(["k"])
}
# tickmark:ignore seven reason="g" until=2027-01-31
module "m" {
  source = "./m"
  count  = 1
}
locals {
  # tickmark:ignore eight reason="h" until=2027-01-31
  a = 1
}
"#,
        ),
        ("m/main.tf", "# tickmark:ignore nine reason=\"i\" until=2027-01-31\nresource \"t\" \"r\" {}\n"),
    ]);
    let code = estate.read();
    let of = |address: &str| -> Vec<(String, String, bool)> {
        block(&code, address)
            .ignores
            .iter()
            .map(|ignore| (ignore.control.clone(), ignore.at.clone(), ignore.malformed.is_some()))
            .collect()
    };
    let entry = |control: &str, at: &str, malformed| (control.to_owned(), at.to_owned(), malformed);
    assert_eq!(
        of("t.x"),
        [
            entry("one", "t.x", false),
            entry("two", "t.x", false),
            entry("three", "t.x", false),
            entry("four", "t.x", false),
            entry("five", "t.x", true)
        ]
    );
    assert_eq!(of("t.y[\"k\"]"), []);
    assert_eq!(of("module.m[0].t.r"), [entry("nine", "module.m[0].t.r", false), entry("seven", "module.m[0]", false)]);
    let all: Vec<_> =
        code.ignores.iter().map(|ignore| (ignore.control.as_str(), ignore.at.as_str(), ignore.place.line)).collect();
    assert_eq!(
        all,
        [
            ("one", "t.x", 1),
            ("two", "t.x", 2),
            ("three", "t.x", 3),
            ("four", "t.x", 4),
            ("five", "t.x", 6),
            ("six", "", 10),
            ("seven", "module.m", 15),
            ("eight", "", 21),
            ("nine", "t.r", 1),
        ]
    );
    assert_eq!(block(&code, "t.x").ignores[0].place.line, 1);
}

use super::*;

const MAIN: &str = r#"# tickmark:ignore one reason="a" until=2027-01-31
module "m" {
  source = "./m"
  count  = 2
}
module "gone" {
  source = "x/y/z"
}
resource "t" "x" {
  a = 1
  n {
    b = 2
  }
  dynamic "d" {
    for_each = var.x
    content {
      c = 3
    }
  }
}
"#;

fn check(index: &SourceIndex, file: &str, inner_file: &str) {
    let block = index.find("", "t", "x").unwrap();
    assert_eq!((&*block.place.file, block.place.line, block.place.end_line), (file, 9, 20));
    assert_eq!(block.spans["a"], (10, 10));
    assert_eq!(block.spans["n/0/b"], (12, 12));
    assert_eq!(block.spans["d"], (14, 19));
    assert_eq!(block.spans["d/c"], (17, 17));
    let inner = index.find("module.m", "t", "r").unwrap();
    assert_eq!(&*inner.place.file, inner_file);
    assert_eq!(inner.calls.len(), 1);
    assert_eq!((inner.calls[0].0.as_str(), inner.calls[0].1.line), ("module.m", 2));
    assert_eq!((inner.ignores[0].control.as_str(), inner.ignores[0].at.as_str()), ("one", "module.m"));
    assert!(index.find("module.m", "t", "x").is_none());
    assert!(index.files.contains_key(file) && index.files.contains_key(inner_file));
    assert_eq!(index.ignores.len(), 1);
}

#[test]
fn the_index_of_a_directory_knows_places_calls_and_directives() {
    let estate = Estate::of(&[("main.tf", MAIN), ("m/main.tf", "resource \"t\" \"r\" {}\n")]);
    let index = SourceIndex::of_directory(&estate.path(), "src");
    assert_eq!(index.problems, []);
    check(&index, "src/main.tf", "src/m/main.tf");
}

#[test]
fn the_index_of_texts_is_the_same() {
    let modules = BTreeMap::from([
        (String::new(), vec![("p/main.tf".to_owned(), MAIN.to_owned())]),
        ("m".to_owned(), vec![("p/m/main.tf".to_owned(), "resource \"t\" \"r\" {}\n".to_owned())]),
    ]);
    let index = SourceIndex::of_texts(&modules);
    assert_eq!(index.problems, []);
    assert!(!index.is_empty());
    check(&index, "p/main.tf", "p/m/main.tf");
    assert!(SourceIndex::of_texts(&BTreeMap::new()).is_empty());
}

#[test]
fn a_file_of_the_index_that_does_not_parse_is_a_problem() {
    let modules = BTreeMap::from([(String::new(), vec![("a.tf".to_owned(), "x = {".to_owned())])]);
    assert_eq!(SourceIndex::of_texts(&modules).problems.len(), 1);
}

use std::fs;

use super::*;

/// A root module with a file, a directory beside it that holds a secret, and a module beside it.
fn estate() -> (tempfile::TempDir, Files) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    fs::create_dir_all(root.join("d/e")).unwrap();
    fs::create_dir_all(directory.path().join("module")).unwrap();
    fs::write(root.join("a.json"), "héllo\n").unwrap();
    fs::write(root.join("d/b.json"), "{}").unwrap();
    fs::write(root.join("d/e/c.json"), "{}").unwrap();
    fs::write(root.join("d/x.txt"), [0xff, 0xfe]).unwrap();
    fs::write(directory.path().join("secret"), "hunter2").unwrap();
    fs::write(directory.path().join("module/policy.json"), "{}").unwrap();
    let files = Files { code: root.clone(), root: root.clone(), module: root };
    (directory, files)
}

fn text(name: &str, path: &str, at: &Files) -> Outcome {
    call(name, &[Value::text(path)], at)
}

#[test]
fn files_below_the_root_are_read() {
    let (_directory, at) = estate();
    assert_eq!(text("file", "a.json", &at), Ok(Value::text("héllo\n")));
    assert_eq!(text("file", "./d/../a.json", &at), Ok(Value::text("héllo\n")));
    assert_eq!(text("filebase64", "a.json", &at), Ok(Value::text("aMOpbGxvCg==")));
    assert_eq!(text("filemd5", "d/b.json", &at), Ok(Value::text("99914b932bd37a50b983c5e7c90ae93b")));
    for (file, plain) in [
        ("filesha1", "sha1"),
        ("filesha256", "sha256"),
        ("filesha512", "sha512"),
        ("filebase64sha256", "base64sha256"),
        ("filebase64sha512", "base64sha512"),
    ] {
        assert_eq!(text(file, "a.json", &at), text(plain, "héllo\n", &at), "{file}");
    }
    assert_eq!(text("fileexists", "a.json", &at), Ok(Value::Bool(true)));
    assert_eq!(text("fileexists", "nope", &at), Ok(Value::Bool(false)));
    let absolute = text("abspath", "d/../a.json", &at).unwrap();
    assert_eq!(call("file", &[absolute], &at), Ok(Value::text("héllo\n")));
}

#[test]
fn what_terraform_cannot_read_is_an_error() {
    let (_directory, at) = estate();
    for path in ["nope", "d", "d/x.txt", "a\0b"] {
        assert!(matches!(text("file", path, &at), Err(FunctionError::Arguments(_))), "{path:?}");
    }
    assert!(matches!(text("fileexists", "d", &at), Err(FunctionError::Arguments(_))));
}

#[test]
fn nothing_outside_is_read_or_told_to_exist() {
    let (directory, at) = estate();
    let secret = directory.path().join("secret");
    for path in ["../secret", "../nope", "/etc/passwd", secret.to_str().unwrap(), "d/../../secret"] {
        for name in ["file", "filebase64", "filemd5", "fileexists"] {
            let Ok(Value::Unknown(unknown)) = text(name, path, &at) else { panic!("{name}({path})") };
            assert_eq!(unknown.code, GapCode::Unresolved);
            assert!(!unknown.shown.contains("hunter2"));
        }
    }
    assert!(matches!(call("fileset", &[Value::text(".."), Value::text("*")], &at), Ok(Value::Unknown(_))));
    assert!(matches!(call("fileset", &[Value::text("."), Value::text("../*")], &at), Ok(Value::Unknown(_))));
}

#[test]
fn files_of_the_module_that_stands_beside_the_root_are_read() {
    let (directory, mut at) = estate();
    assert!(matches!(text("file", "../module/policy.json", &at), Ok(Value::Unknown(_))));
    at.module = directory.path().join("module");
    assert_eq!(text("file", "../module/policy.json", &at), Ok(Value::text("{}")));
    assert!(matches!(text("file", "../secret", &at), Ok(Value::Unknown(_))));
}

#[cfg(unix)]
#[test]
fn a_link_that_leaves_the_code_is_not_followed() {
    let (directory, at) = estate();
    std::os::unix::fs::symlink(directory.path().join("secret"), at.root.join("link")).unwrap();
    std::os::unix::fs::symlink(directory.path(), at.root.join("up")).unwrap();
    std::os::unix::fs::symlink("a.json", at.root.join("inner")).unwrap();
    assert!(matches!(text("file", "link", &at), Ok(Value::Unknown(_))));
    assert!(matches!(text("file", "up/secret", &at), Ok(Value::Unknown(_))));
    assert_eq!(text("file", "inner", &at), Ok(Value::text("héllo\n")));
    // What a link leads to is not looked at, where it would match.
    assert_eq!(
        call("fileset", &[Value::text("."), Value::text("*.json")], &at),
        Ok(Value::list(vec![Value::text("a.json")]))
    );
    assert!(matches!(call("fileset", &[Value::text("."), Value::text("*")], &at), Ok(Value::Unknown(_))));
}

#[test]
fn a_file_that_is_too_large_is_unknown() {
    let (_directory, at) = estate();
    fs::write(at.root.join("large"), vec![b'a'; (1 << 20) + 1]).unwrap();
    fs::write(at.root.join("fits"), vec![b'a'; 1 << 20]).unwrap();
    assert!(matches!(text("file", "large", &at), Ok(Value::Unknown(_))));
    assert!(matches!(text("file", "fits", &at), Ok(Value::Text(_))));
}

#[test]
fn sets_of_files_are_in_order_and_of_files_alone() {
    let (_directory, at) = estate();
    let set = |path: &str, pattern: &str| {
        let found = call("fileset", &[Value::text(path), Value::text(pattern)], &at).unwrap();
        convert::json_text(&found).unwrap().as_text().unwrap().to_owned()
    };
    assert_eq!(set("d", "*"), r#"["b.json","x.txt"]"#);
    assert_eq!(set(".", "**/*.json"), r#"["a.json","d/b.json","d/e/c.json"]"#);
    assert_eq!(set("d", "*.{json,txt}"), r#"["b.json","x.txt"]"#);
    assert_eq!(set("d", "e/*"), r#"["e/c.json"]"#);
    assert_eq!(set(".", "*/e/*.json"), r#"["d/e/c.json"]"#);
    assert_eq!(set(".", "d/**"), r#"["d/b.json","d/e/c.json","d/x.txt"]"#);
    assert_eq!(set("nope", "*"), "[]");
    let slash = call("fileset", &[Value::text("."), Value::text("{d/b,a}.json")], &at);
    assert!(matches!(slash, Err(FunctionError::Arguments(_))));
}

#[test]
fn a_home_directory_is_not_told() {
    let (_directory, at) = estate();
    assert!(matches!(text("pathexpand", "~/x", &at), Ok(Value::Unknown(_))));
    assert_eq!(text("pathexpand", "/x", &at), Ok(Value::text("/x")));
}

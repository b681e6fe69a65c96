//! Tells a template from any other YAML or JSON, without parsing all of it.

use super::node::Node;

/// Whether a text is a `CloudFormation` template, by its extension (without a dot) and what is in it.
///
/// A template says `AWSTemplateFormatVersion`, or has SAM's transform, or has `Resources` of which one
/// has a type such as `AWS::S3::Bucket`; all at its top level, so that a plan or a manifest which has a
/// template somewhere inside is none.
#[must_use]
pub fn looks_like(text: &str, extension: &str) -> bool {
    if !["yaml", "yml", "json", "template"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
        return false;
    }
    let text = text.trim_start_matches('\u{feff}');
    // Nothing below finds a template where none of this is, and looking for it is fast.
    let plain = text.contains("AWSTemplateFormatVersion") || text.contains("Resources");
    let escaped = ["\\u", "\\U", "\\x"].iter().any(|escape| text.contains(escape));
    let quick = plain && if text.trim_start().starts_with('{') { json(text) } else { yaml(text) };
    quick || (text.len() <= TEMPLATE_LIMIT && (plain || escaped) && parsed(text, extension))
}

/// Largest template that AWS takes (from S3), in bytes, with room for another way to count them.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const TEMPLATE_LIMIT: usize = 2 << 20;

/// The same of what the file means, however it is written: with escapes, on one line, folded.
fn parsed(text: &str, extension: &str) -> bool {
    let Ok((root, _)) = super::tree(&format!("x.{extension}"), text) else { return false };
    let is_typed = |node: &Node| node.get("Type").and_then(Node::text).is_some_and(typed);
    let typed = |resources: &Node| {
        resources.members().is_some_and(|members| members.iter().any(|member| is_typed(&member.value)))
    };
    root.get("AWSTemplateFormatVersion").is_some()
        || root.get("Transform").and_then(Node::text).is_some_and(|text| text.starts_with("AWS::Serverless"))
        || root.get("Resources").is_some_and(typed)
}

fn typed(value: &str) -> bool {
    ["AWS::", "Custom::", "Alexa::"].iter().any(|family| value.starts_with(family)) || value.ends_with("::MODULE")
}

fn yaml(text: &str) -> bool {
    let mut indent = None;
    let mut section = "";
    let mut in_resource = false;
    for line in text.lines() {
        let content = line.trim_start();
        if content.is_empty() || content.starts_with('#') || content.starts_with('%') {
            continue;
        }
        if content.starts_with("---") {
            if indent.is_some() {
                break;
            }
            continue;
        }
        // The resources of an AppSpec file of CodeDeploy are a list.
        if section == "Resources" && content.starts_with("- ") && !in_resource {
            section = "";
        }
        let depth = line.len() - content.len();
        let Some((key, value)) = content.split_once(':') else { continue };
        let key = key.trim_end().trim_matches(['"', '\'']);
        if depth == *indent.get_or_insert(depth) {
            match key {
                "AWSTemplateFormatVersion" => return true,
                "Transform" if value.contains("AWS::Serverless") => return true,
                _ => (section, in_resource) = (key, false),
            }
        } else {
            in_resource = true;
        }
        // `Type: AWS::S3::Bucket`, also as `Bucket: {Type: AWS::S3::Bucket}`.
        if section == "Resources" {
            let value = if key == "Type" { Some(value) } else { value.split_once("Type:").map(|(_, value)| value) };
            if value.is_some_and(|value| typed(value.trim().trim_matches(['"', '\'', '}', ' ']))) {
                return true;
            }
        }
    }
    false
}

/// Looks at the keys of the first three levels, and skips the rest.
fn json(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    // The last text seen at each of the first three levels, and whether it is a key.
    let mut section = "";
    let mut key = "";
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return false;
                }
            }
            b'"' => {
                let start = at + 1;
                at = start;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let word = text.get(start..at.min(bytes.len())).unwrap_or_default();
                let is_key = text.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(':'));
                match (depth, is_key) {
                    (1, true) if word == "AWSTemplateFormatVersion" => return true,
                    (1, true) => section = word,
                    (1, false) if section == "Transform" && word.starts_with("AWS::Serverless") => return true,
                    (3, true) => key = word,
                    (3, false) if section == "Resources" && key == "Type" && typed(word) => return true,
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn templates_are_told_by_their_top_level() {
        for text in [
            "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n",
            "---\n# a comment\nResources:\n  Bucket:\n    Type: AWS::S3::Bucket\n",
            "Resources:\n  Bucket: {Type: \"AWS::S3::Bucket\"}\n",
            "Resources: {Bucket: {Type: AWS::S3::Bucket}}\r\n",
            "  Resources:\n    Bucket:\n      Type: 'AWS::S3::Bucket'\n",
            "Transform: AWS::Serverless-2016-10-31\nResources: {}\n",
        ] {
            assert!(looks_like(text, "yaml"), "{text}");
        }
        for text in [
            r#"{"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}"#,
            r#"{"Resources": {"Bucket": {"Metadata": {"Type": "x"}, "Type": "AWS::S3::Bucket"}}}"#,
            "\u{feff}{\n \"AWSTemplateFormatVersion\": \"2010-09-09\"}",
        ] {
            assert!(looks_like(text, "json"), "{text}");
        }
    }

    #[test]
    fn a_template_is_told_however_it_is_written() {
        for text in [
            "Resources:\n  B:\n    Type: >-\n      AWS::S3::Bucket\n",
            "Resources:\n  B:\n    Type: \"AWS\\x3a:S3::Bucket\"\n",
            "Resources:\n  B:\n    Type:\n      AWS::S3::Bucket\n",
            "x: &t AWS::S3::Bucket\nResources:\n  B:\n    Type: *t\n",
            "{Resources: {B: {Type: AWS::S3::Bucket}}}",
            "\"R\\u0065sources\": {B: {Type: AWS::S3::Bucket}}",
        ] {
            assert!(looks_like(text, "yaml"), "{text}");
        }
        assert!(looks_like(r#"{"R\u0065sources": {"B": {"Type": "\u0041WS::S3::Bucket"}}}"#, "json"));
    }

    #[test]
    fn other_yaml_and_json_is_left_alone() {
        for text in [
            "apiVersion: v1\nkind: ConfigMap\ndata:\n  t: |\n    Resources:\n      B:\n        Type: AWS::S3::Bucket\n",
            "services:\n  web:\n    image: nginx\n",
            "resources:\n  Resources:\n    Bucket:\n      Type: AWS::S3::Bucket\n",
            "Resources:\n  - one\n  - Type: something\n",
            "version: 0.0\nResources:\n  - Service:\n      Type: AWS::ECS::Service\n",
            "kind: x\n---\nAWSTemplateFormatVersion: 1\n",
            "",
        ] {
            assert!(!looks_like(text, "yml"), "{text}");
        }
        for text in [
            r#"{"name": "x", "version": "1.0.0", "Resources": []}"#,
            r#"{"format_version": "1.2", "planned_values": {"Resources": {"a": {"Type": "AWS::S3::Bucket"}}}}"#,
            r#"{"tree": {"children": {"Resources": {"aws:cdk:cloudformation:type": "AWS::S3::Bucket"}}}}"#,
            r#"{"template": "{\"AWSTemplateFormatVersion\": 1}"}"#,
            r#"{"Resources": {"a": "\"#,
        ] {
            assert!(!looks_like(text, "json"), "{text}");
        }
        assert!(!looks_like("AWSTemplateFormatVersion: x", "tf"));
    }
}

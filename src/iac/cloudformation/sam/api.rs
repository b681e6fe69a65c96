//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`: the API and its stage.

use std::sync::Arc;

use super::{Draft, made, object};
use crate::iac::cloudformation::deployed::Deployed;
use crate::iac::deployment::Block;
use crate::iac::value::Value;

/// A REST API.
pub(super) fn rest(block: &Block, out: &mut Deployed) {
    let id = &block.address;
    let mut api = Draft::new(block, id, "AWS::ApiGateway::RestApi");
    for name in [
        "ApiKeySourceType",
        "BinaryMediaTypes",
        "Description",
        "DisableExecuteApiEndpoint",
        "FailOnWarnings",
        "MinimumCompressionSize",
        "Mode",
        "Name",
    ] {
        api.take(name, name);
    }
    api.take("DefinitionBody", "Body");
    api.take("DefinitionUri", "BodyS3Location");
    api.take_tags();
    if let Some(endpoint) = block.body.get("EndpointConfiguration") {
        // The type alone, or a map in which it is one, where the API has a list.
        let kind = endpoint.get("Type").unwrap_or(endpoint).clone();
        let more = |name: &str| endpoint.get(name).cloned().unwrap_or_default();
        let made = object([
            ("Types", if kind.is_null() { kind } else { Value::list(vec![kind]) }),
            ("VpcEndpointIds", more("VPCEndpointIds")),
        ]);
        api.set("EndpointConfiguration", made);
        api.line("EndpointConfiguration", "EndpointConfiguration");
        api.line("EndpointConfiguration/Type", "EndpointConfiguration/Types");
    }
    out.blocks.push(api.block());

    let name = block.body.get("StageName").cloned().unwrap_or_default();
    let plain: String = name.as_text().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    let mut stage = Draft::new(block, &format!("{id}{plain}Stage"), "AWS::ApiGateway::Stage");
    stage.set("RestApiId", made(id, ""));
    stage.set("DeploymentId", made(&format!("{id}Deployment"), ""));
    for name in [
        "AccessLogSetting",
        "CacheClusterEnabled",
        "CacheClusterSize",
        "MethodSettings",
        "StageName",
        "TracingEnabled",
        "Variables",
    ] {
        stage.take(name, name);
    }
    stage.take("CanarySetting", "CanarySetting");
    stage.take_tags();
    out.blocks.push(stage.block());
    domain(block, "AWS::ApiGateway::DomainName", "ApiGatewayDomainName", out);
}

/// An HTTP API. Its stage is `$default` unless it is named.
pub(super) fn http(block: &Block, out: &mut Deployed) {
    let id = &block.address;
    let mut api = Draft::new(block, id, "AWS::ApiGatewayV2::Api");
    api.set("ProtocolType", Value::text("HTTP"));
    for name in ["CorsConfiguration", "Description", "DisableExecuteApiEndpoint", "FailOnWarnings", "Name", "Tags"] {
        api.take(name, name);
    }
    api.take("DefinitionBody", "Body");
    api.take("DefinitionUri", "BodyS3Location");
    out.blocks.push(api.block());

    let name = block.body.get("StageName").cloned().unwrap_or_else(|| Value::text("$default"));
    let plain: String = match name.as_text() {
        Some("$default") => "ApiGatewayDefault".to_owned(),
        name => name.unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect(),
    };
    let mut stage = Draft::new(block, &format!("{id}{plain}Stage"), "AWS::ApiGatewayV2::Stage");
    stage.set("ApiId", made(id, ""));
    stage.set("AutoDeploy", Value::Bool(true));
    stage.set("StageName", name);
    stage.line("StageName", "StageName");
    stage.take("AccessLogSettings", "AccessLogSettings");
    stage.take("DefaultRouteSettings", "DefaultRouteSettings");
    stage.take("RouteSettings", "RouteSettings");
    stage.take("StageVariables", "StageVariables");
    stage.take("Tags", "Tags");
    out.blocks.push(stage.block());
    domain(block, "AWS::ApiGatewayV2::DomainName", "ApiGatewayDomainNameV2", out);
}

/// The custom domain of an API.
fn domain(block: &Block, kind: &'static str, suffix: &str, out: &mut Deployed) {
    let Some(Value::Map(members)) = block.body.get("Domain") else { return };
    let part = |name: &str| members.get(name).cloned().unwrap_or_default();
    let mut domain = Draft::new(block, &format!("{}{suffix}", block.address), kind);
    domain.set("DomainName", part("DomainName"));
    domain.line("Domain/DomainName", "DomainName");
    if kind == "AWS::ApiGateway::DomainName" {
        domain.set("SecurityPolicy", part("SecurityPolicy"));
        domain.line("Domain/SecurityPolicy", "SecurityPolicy");
        let regional = part("EndpointConfiguration").as_text() != Some("EDGE");
        domain.set(if regional { "RegionalCertificateArn" } else { "CertificateArn" }, part("CertificateArn"));
    } else {
        let configuration =
            object([("CertificateArn", part("CertificateArn")), ("SecurityPolicy", part("SecurityPolicy"))]);
        domain.set("DomainNameConfigurations", Value::List(Arc::new(vec![configuration])));
        domain.line("Domain", "DomainNameConfigurations");
    }
    out.blocks.push(domain.block());
}
